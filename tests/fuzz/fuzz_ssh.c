/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_ssh.c: any bytes as packets of SSH. What is decoded lies within the input. */
#include "base/err.h"
#include "base/panic.h"
#include "wire/ssh.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *from, *to;

static void within(struct str s)
{
    ASSERT(s.n == 0 || (s.p >= from && s.p + s.n <= to));
}

static void decode(struct str payload)
{
    struct ssh_kexinit k;
    struct ssh_reply r;
    struct ssh_key key;
    struct ssh_signature sig;
    struct str text;

    if (ssh_kexinit_decode(payload, &k) == 0)
        for (int i = 0; i < SSH_LISTS; i++)
            within(k.lists[i]), within(ssh_pick(k.lists[i], k.lists[SSH_LIST_KEX]));
    if (ssh_disconnect_decode(payload, &text) == 0)
        within(text);
    if (ssh_reply_decode(payload, &r) != 0)
        return;
    within(r.point);
    if (ssh_key_decode(r.key, &key) == 0)
        within(key.type), within(key.part[0]), within(key.part[1]);
    if (ssh_signature_decode(r.signature, &sig) == 0)
        within(sig.type), within(sig.part[0]), within(sig.part[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str payload;
    size_t used = 0;

    from = (const char *)data;
    to = from + size;
    while (ssh_packet_decode((const char *)data, size, &payload, &used) == 0) {
        ASSERT(used <= size && used > 0);
        within(payload);
        decode(payload);
        data += used;
        size -= used;
    }
    decode((struct str){(const char *)data, size});
    return 0;
}
