/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_world.c: birth and end of the simulated world, chance, and the register of its objects.
 *
 * One pointer is global: the functions of io headers that read clocks or draw random bytes take no context, and
 * neither do their twins.  It is set by sim_init() and cleared by sim_done(). */
#include "io/sim/sim_int.h"

static struct sim_world *the_world;
/* Lives that ended by sim_crash(): reachable, so that a leak checker sees their memory as held. */
static struct sim_life *graveyard;

bool sim_alive(void) { return the_world != NULL; }

struct sim_world *sim_world(void)
{
    ASSERT(the_world != NULL);
    return the_world;
}

static struct sim_life *life_new(void)
{
    struct sim_life *life = NEW(struct sim_life);
    life->head.next = life->head.prev = &life->head;
    return life;
}

/* A clean end: the queues go, and what is still registered is a leak of the code under test. */
static void life_free(struct sim_life *life)
{
    if (life->head.next != &life->head) {
        life->older = graveyard; /* SQLite or a test still holds something: keep it valid */
        graveyard = life;
        return;
    }
    heap_done(&life->timers);
    heap_done(&life->events);
    size_t i = 0;
    void *path;
    while (map_each(&life->locks, &i, NULL, &path))
        mem_free(path);
    map_done(&life->locks);
    VEC_DONE(&life->loops);
    mem_free(life);
}

void sim_init(uint64_t seed)
{
    ASSERT(the_world == NULL);
    struct sim_world *w = NEW(struct sim_world);
    w->rng = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    w->wall_off_ms = SIM_WALL_START_MS;
    w->boot_off_ms = SIM_MONO_START_MS;
    w->life = life_new();
    the_world = w;
    sim_machine_init(w);
    sim_host("localhost", "127.0.0.1");
    sim_host("localhost", "::1");
    sim_host("localhost", "127.0.1.1");
    sim_vfs_start();
}

void sim_done(void)
{
    if (!the_world)
        return;
    struct sim_world *w = the_world;
    sim_vfs_stop();
    sim_mail_forget();
    sim_net_done(w);
    sim_lan_done(w);
    sim_dns_done(w);
    sim_programs_done(w);
    sim_machine_done(w);
    VEC_DONE(&w->mails);
    mem_free(w->root);
    mem_free(w->systemd);
    life_free(w->life);
    the_world = NULL;
    mem_free(w);
}

void sim_crash(bool lose_unsynced)
{
    struct sim_world *w = sim_world();
    sim_vfs_crash(lose_unsynced);
    w->life->older = graveyard;
    graveyard = w->life;
    w->life = life_new();
    w->job_hung = false;
}

uint64_t sim_random(void)
{
    /* splitmix64: small, and every seed is a good one */
    uint64_t z = (sim_world()->rng += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

bool sim_chance(int percent) { return percent > 0 && (int)(sim_random() % 100) < percent; }

void entropy_bytes(void *p, size_t n)
{
    unsigned char *at = p;
    for (; n > 0; n--)
        *at++ = (unsigned char)(sim_random() >> 56);
}

uint64_t entropy_u64(void) { return sim_random(); }

void sim_obj_add(struct sim_obj *o, enum sim_kind kind)
{
    struct sim_obj *head = &sim_world()->life->head;
    o->kind = kind;
    o->prev = head->prev;
    o->next = head;
    head->prev->next = o;
    head->prev = o;
}

void sim_obj_remove(struct sim_obj *o)
{
    o->prev->next = o->next;
    o->next->prev = o->prev;
    o->prev = o->next = o;
}

static struct sim_obj *obj_from(struct sim_obj *o, enum sim_kind kind)
{
    struct sim_obj *head = &sim_world()->life->head;
    while (o != head && o->kind != kind)
        o = o->next;
    return o == head ? NULL : o;
}

struct sim_obj *sim_obj_first(enum sim_kind kind) { return obj_from(sim_world()->life->head.next, kind); }

struct sim_obj *sim_obj_after(struct sim_obj *o) { return obj_from(o->next, o->kind); }

int sim_objects(void)
{
    struct sim_obj *head = &sim_world()->life->head;
    int n = 0;
    for (struct sim_obj *o = head->next; o != head; o = o->next)
        n += o->kind != SIM_OBJ_VFS_FILE; /* an embedded database may stay open */
    return n;
}
