/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replicated disks by /proc/drbd and by drbdsetup: a lost peer needs two readings, a verification is fine. LES-9. */
#include "checks_twin.h"

#define HEAD "version: 8.4.11 (api:1/proto:86-101)\nsrcversion: 0123456789\n"
#define ROW(cs, ds, more) " 0: cs:" cs " ro:Primary/Secondary ds:" ds " C r-----\n    ns:10 nr:0 dw:10 dr:664 al:8 bm:0 lo:0 pe:0 ua:0 ap:0 ep:1 wo:f " more "\n"

static enum state with(struct fx *f, const char *text)
{
    sim_proc("/proc/drbd", text);
    return fx_run(f, "drbd", NULL, NULL, 10000);
}

static void fine(void **state)
{
    struct fx *f = *state;

    assert_int_equal(with(f, HEAD ROW("Connected", "UpToDate/UpToDate", "oos:0")), STATE_OK);
    assert_string_equal(f->text, "all replicated and up to date");
    assert_has(f->perf, "resources=1");
    assert_int_equal(with(f, HEAD ROW("VerifyS", "UpToDate/UpToDate", "oos:0")), STATE_OK);
    assert_int_equal(with(f, HEAD " 1: cs:Unconfigured\n"), STATE_UNKNOWN);
    assert_int_equal(with(f, NULL), STATE_UNKNOWN);
    assert_has(f->text, "not loaded");
}

static void not_fine(void **state)
{
    struct fx *f = *state;
    const char *alone = HEAD ROW("WFConnection", "UpToDate/DUnknown", "oos:40");

    assert_int_equal(with(f, alone), STATE_OK);
    assert_int_equal(with(f, alone), STATE_CRITICAL);
    assert_has(f->text, "0 has no connection to its peer (WFConnection)");
    assert_int_equal(with(f, HEAD ROW("Connected", "UpToDate/UpToDate", "oos:0")), STATE_OK);
    assert_int_equal(with(f, alone), STATE_OK);
    assert_int_equal(with(f, HEAD ROW("StandAlone", "UpToDate/DUnknown", "oos:40")), STATE_CRITICAL);
    assert_has(f->text, "split brain");
    assert_int_equal(with(f, HEAD ROW("SyncSource", "UpToDate/Inconsistent", "oos:1048508\n\t[=>..................] sync'ed:  9.1% (954300/1048508)K")), STATE_WARNING);
    assert_has(f->text, "being synchronised (SyncSource), 9.1 % done");
    assert_has(f->perf, "0_sync=9.1%");
    assert_int_equal(with(f, HEAD ROW("Connected", "UpToDate/UpToDate", "oos:12")), STATE_WARNING);
    assert_has(f->text, "verification found 12");
    assert_int_equal(with(f, HEAD ROW("Connected", "Diskless/UpToDate", "oos:0")), STATE_CRITICAL);
    assert_has(f->text, "the disk of 0 is Diskless");
    assert_int_equal(with(f, HEAD ROW("Connected", "UpToDate/Failed", "oos:0")), STATE_CRITICAL);
}

#define NINE(state, repl, peer, percent) "[{\"name\":\"r0\",\"role\":\"Primary\",\"devices\":[{\"volume\":0,\"minor\":1,\"disk-state\":\"UpToDate\"}],\"connections\":[{\"peer-node-id\":1,\"name\":\"two\"," \
    "\"connection-state\":\"" state "\",\"peer-role\":\"Secondary\",\"peer_devices\":[{\"volume\":0,\"replication-state\":\"" repl "\",\"peer-disk-state\":\"" peer "\",\"out-of-sync\":0,\"percent-in-sync\":" percent "}]}]}]"

static void by_the_tool(void **state)
{
    struct fx *f = *state;

    assert_int_equal(with(f, "version: 9.2.1 (api:2/proto:86-121)\nTransports (api:18): tcp (1.0.0)\n"), STATE_UNKNOWN);
    assert_has(f->text, "set tool: yes");
    assert_int_equal(fx_run(f, "drbd", NULL, "{\"tool\":true}", 10000), STATE_UNKNOWN);
    assert_has(f->text, "apt install drbd-utils");
    twin_program("drbdsetup", 0, NINE("Connected", "Established", "UpToDate", "100.00"), NULL);
    assert_int_equal(fx_run(f, "drbd", NULL, "{\"tool\":true}", 10000), STATE_OK);
    assert_has(f->more, "r0/two Connected");
    twin_program("drbdsetup", 0, NINE("Connected", "SyncSource", "Inconsistent", "42.50"), NULL);
    assert_int_equal(fx_run(f, "drbd", NULL, "{\"tool\":true}", 10000), STATE_WARNING);
    assert_has(f->text, "42.5 % done");
    twin_program("drbdsetup", 0, NINE("Connecting", "Off", "DUnknown", "0"), NULL);
    assert_int_equal(fx_run(f, "drbd", NULL, "{\"tool\":true}", 10000), STATE_OK);
    assert_int_equal(fx_run(f, "drbd", NULL, "{\"tool\":true}", 10000), STATE_CRITICAL);
    twin_program("drbdsetup", 20, NULL, "Operation not permitted\n");
    assert_int_equal(fx_run(f, "drbd", NULL, "{\"tool\":true}", 10000), STATE_UNKNOWN);
    assert_has(f->text, "needs root");
    sim_program("drbdsetup", &(struct sim_program){.takes_ms = 90000});
    assert_int_equal(fx_run(f, "drbd", NULL, "{\"tool\":true}", 5000), STATE_UNKNOWN);
}

static void garbage(void **state)
{
    struct fx *f = *state;

    (void)with(f, "0: cs: ro: ds: \n 1: cs\n 2: \xff\xff ds:/ oos:\n\tsync'ed:\n 3: cs:X ds:A\n");
    assert_int_equal(f->state, STATE_CRITICAL);
    twin_program("drbdsetup", 0, "[1,{\"connections\":[{}]},{\"connections\":[{\"peer_devices\":[1,{}]}]}]", NULL);
    (void)fx_run(f, "drbd", NULL, "{\"tool\":true}", 10000);
    twin_program("drbdsetup", 0, "{", NULL);
    assert_int_equal(fx_run(f, "drbd", NULL, "{\"tool\":true}", 10000), STATE_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TWIN_TEST(fine), TWIN_TEST(not_fine), TWIN_TEST(by_the_tool), TWIN_TEST(garbage)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
