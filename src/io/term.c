/* SPDX-License-Identifier: GPL-3.0-or-later */
/* term.c: the terminal in raw mode on its alternate screen. No library: what is needed are the few sequences that every
 * terminal of the last thirty years shares. */
#include "io/term.h"

#include "base/mem.h"
#include "base/msg.h"
#include "base/str.h"
#include "base/utf8.h"
#include "io/file.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define ENTER "\033[?1049h\033[?25l\033[?7l"
#define LEAVE "\033[?7h\033[?25h\033[?1049l"
enum { ESCAPE_MS = 40 };

/* The process has one terminal, and signal handlers know nothing else. */
static struct {
    struct termios before;
    volatile sig_atomic_t on, resized, ended;
    bool registered;
} the_term;

static void put(const char *text)
{
    ssize_t n = write(STDOUT_FILENO, text, strlen(text)); /* also from a signal handler */
    (void)n;
}

static void raw(void)
{
    struct termios t = the_term.before;
    t.c_iflag &= ~(tcflag_t)(IXON | ICRNL | INLCR | IGNCR | BRKINT | ISTRIP);
    t.c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN);
    t.c_cc[VMIN] = 0;
    t.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &t);
    put(ENTER);
}

static void back(void)
{
    put(LEAVE);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &the_term.before);
}

static void on_signal(int signum)
{
    if (signum == SIGWINCH) {
        the_term.resized = 1;
    } else if (signum == SIGCONT) {
        raw();
        the_term.resized = 1;
    } else if (signum == SIGTSTP) {
        back();
        raise(SIGSTOP);
    } else {
        the_term.ended = 1;
    }
}

int term_start(struct err *e)
{
    static const int signals[] = {SIGWINCH, SIGCONT, SIGTSTP, SIGINT, SIGTERM, SIGHUP};
    struct sigaction sa = {.sa_handler = on_signal};

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &the_term.before) < 0)
        return err_set(e, ERR_UNSUPPORTED, MSG("this needs a terminal"), "");
    sigemptyset(&sa.sa_mask);
    for (size_t i = 0; i < COUNT(signals); i++)
        sigaction(signals[i], &sa, NULL);
    if (!the_term.registered)
        atexit(term_stop);
    the_term.registered = true;
    the_term.on = 1;
    raw();
    return 0;
}

void term_stop(void)
{
    if (!the_term.on)
        return;
    the_term.on = 0;
    back();
}

void term_size(int *ret_rows, int *ret_columns)
{
    struct winsize w = {0};

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_row == 0 || w.ws_col == 0)
        w = (struct winsize){.ws_row = 24, .ws_col = 80};
    *ret_rows = w.ws_row;
    *ret_columns = w.ws_col;
}

/* One byte, or -1 when none comes in time, or -2 when the terminal is gone. */
static int byte(int timeout_ms)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    unsigned char c;
    int n = poll(&p, 1, timeout_ms);

    if (n <= 0)
        return -1;
    ssize_t got = read(STDIN_FILENO, &c, 1);
    return got == 1 ? c : (got == 0 || errno == EIO) && (p.revents & (POLLHUP | POLLERR)) ? -2 : -1;
}

/* What follows "ESC [" or "ESC O". */
static uint32_t sequence(void)
{
    static const struct {
        const char *text;
        uint32_t key;
    } keys[] = {{"A", TERM_UP},       {"B", TERM_DOWN},     {"C", TERM_RIGHT}, {"D", TERM_LEFT},  {"5~", TERM_PAGE_UP}, {"6~", TERM_PAGE_DOWN},
                {"H", TERM_HOME},     {"F", TERM_END},      {"1~", TERM_HOME}, {"4~", TERM_END},  {"7~", TERM_HOME},    {"8~", TERM_END}};
    char text[12] = "";
    size_t n = 0;

    for (int c; n + 1 < sizeof(text) && (c = byte(ESCAPE_MS)) > 0;) {
        text[n++] = (char)c;
        text[n] = '\0';
        if (c >= '@' && c <= '~')
            break;
    }
    for (size_t i = 0; i < COUNT(keys); i++)
        if (str_eq(keys[i].text, text))
            return keys[i].key;
    return TERM_NONE; /* a key that we do not know */
}

static uint32_t character(int first)
{
    char text[4] = {(char)first};
    size_t want = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
    uint32_t c;

    for (size_t i = 1; i < want; i++) {
        int b = byte(ESCAPE_MS);
        if (b < 0)
            return TERM_NONE;
        text[i] = (char)b;
    }
    return utf8_decode(text, want, &c) == want ? c : TERM_NONE;
}

uint32_t term_key(int timeout_ms)
{
    int c = the_term.ended || the_term.resized ? -1 : byte(timeout_ms);

    if (the_term.ended || c == -2)
        return TERM_GONE;
    if (the_term.resized && c < 0) { /* a key that came meanwhile is not lost: the size is looked at with the next */
        the_term.resized = 0;
        return TERM_RESIZED;
    }
    if (c < 0)
        return TERM_NONE;
    if (c == 27) {
        int next = byte(ESCAPE_MS);
        return next == '[' || next == 'O' ? sequence() : 27;
    }
    return c < 0x80 ? (uint32_t)c : character(c);
}
