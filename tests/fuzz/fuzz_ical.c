/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_ical.c: any bytes as a calendar: it ends, within its ceilings, and what is read can be used. */
#include "base/panic.h"
#include "wire/ical.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool no_zone(void *arg, const char *name, const struct zone **ret)
{
    *ret = NULL;
    return !name;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct ical c;
    struct err e = {0};
    int64_t ms;
    if (ical_parse(a, (const char *)data, size, no_zone, NULL, &c, &e) == 0) {
        ASSERT(c.n_events <= ICAL_MAX_EVENTS);
        for (int i = 0; i < c.n_events; i++) {
            const struct ical_event *ev = &c.events[i];
            ASSERT(ev->n_objects <= ICAL_MAX_LIST && ev->n_attendees <= ICAL_MAX_LIST && ev->sequence >= -1);
            for (int k = 0; k < ev->n_attendees; k++)
                ASSERT(strlen(ev->attendees[k].address) <= ICAL_MAX_LINE && ev->attendees[k].partstat);
        }
    } else {
        ASSERT(e.text[0]);
    }
    ical_duration(arena_dupn(a, (const char *)data, size), &ms);
    arena_free(a);
    return 0;
}
