/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_vfs.c: an SQLite VFS, "vigie-sim", over the real one, that remembers how to take back what was
 * written but not synced (a power cut), and can say that the disk is full.  It never waits for the disk.
 *
 * Writes go through at once; their former bytes are kept until the next xSync of that file by anyone.
 * After a crash the files are put back, their locks and shared memory are gone, and a new daemon may
 * open them in the same process. */
#include "io/sim/sim_int.h"
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

/* One write or truncation to take back: the file was old_size long and had these bytes at offset. */
struct undo {
    struct undo *next; /* the one before it */
    int64_t offset, old_size;
    size_t n;
    char bytes[];
};
struct node { /* a file, by path */
    struct node *next;
    char *path;
    struct undo *undo;
};
struct sim_vfs {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    struct node *nodes;
};
struct vfile {
    sqlite3_file base; /* first, as SQLite wants */
    struct sim_obj obj;
    struct sim_vfs *owner;
    struct node *node;  /* NULL: a temporary file */
    sqlite3_file *real; /* behind this struct; NULL: gone in a crash */
};

static struct vfile *of(sqlite3_file *f) { return (struct vfile *)f; }

static enum sim_fault fault(void) { return sim_alive() ? sim_world()->fault : SIM_DISK_OK; }

/* ---- remembering ---- */

static struct node *node_get(struct sim_vfs *v, const char *path)
{
    for (struct node *n = v->nodes; n; n = n->next) {
        if (str_eq(n->path, path))
            return n;
    }
    struct node *n = NEW(struct node);
    n->path = mem_dup(path);
    n->next = v->nodes;
    v->nodes = n;
    return n;
}

static void node_forget(struct node *n)
{
    while (n->undo) {
        struct undo *u = n->undo;
        n->undo = u->next;
        mem_free(u);
    }
}

static int remember(struct vfile *f, int64_t offset, int64_t n)
{
    sqlite3_int64 size;
    if (!f->node)
        return SQLITE_OK;
    int rc = f->real->pMethods->xFileSize(f->real, &size);
    if (rc != SQLITE_OK)
        return rc;
    int64_t kept = offset >= size ? 0 : offset + n > size ? size - offset : n;
    struct undo *u = mem_alloc(sizeof(*u) + (size_t)kept);
    *u = (struct undo){.next = f->node->undo, .offset = offset, .old_size = size, .n = (size_t)kept};
    if (kept > 0)
        rc = f->real->pMethods->xRead(f->real, u->bytes, (int)kept, offset);
    f->node->undo = u;
    return rc;
}

/* Newest first. The file may have been removed meanwhile. */
static void take_back(struct node *n)
{
    int fd = n->undo ? open(n->path, O_WRONLY | O_CLOEXEC) : -1;
    for (const struct undo *u = n->undo; fd >= 0 && u; u = u->next) {
        if (pwrite(fd, u->bytes, u->n, u->offset) != (ssize_t)u->n || ftruncate(fd, u->old_size) != 0)
            PANIC("the simulated power cut cannot write");
    }
    if (fd >= 0)
        close(fd);
    node_forget(n);
}

/* ---- one file ---- */

static int f_close(sqlite3_file *base)
{
    struct vfile *f = of(base);
    int rc = f->real ? f->real->pMethods->xClose(f->real) : SQLITE_OK;
    f->real = NULL;
    sim_obj_remove(&f->obj);
    return rc;
}

static int f_read(sqlite3_file *base, void *p, int n, sqlite3_int64 offset)
{
    struct vfile *f = of(base);
    return f->real ? f->real->pMethods->xRead(f->real, p, n, offset) : SQLITE_IOERR_READ;
}

static int f_write(sqlite3_file *base, const void *p, int n, sqlite3_int64 offset)
{
    struct vfile *f = of(base);
    if (!f->real || fault() == SIM_DISK_ERROR || fault() == SIM_DISK_READ_ONLY)
        return SQLITE_IOERR_WRITE;
    if (fault() == SIM_DISK_FULL)
        return SQLITE_FULL;
    int rc = remember(f, offset, n);
    return rc == SQLITE_OK ? f->real->pMethods->xWrite(f->real, p, n, offset) : rc;
}

static int f_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    struct vfile *f = of(base);
    sqlite3_int64 now;
    if (!f->real || fault() == SIM_DISK_ERROR)
        return SQLITE_IOERR_TRUNCATE;
    int rc = f->real->pMethods->xFileSize(f->real, &now);
    if (rc == SQLITE_OK && now > size)
        rc = remember(f, size, now - size);
    return rc == SQLITE_OK ? f->real->pMethods->xTruncate(f->real, size) : rc;
}

static int f_sync(sqlite3_file *base, int flags)
{
    struct vfile *f = of(base);
    if (!f->real || fault() == SIM_DISK_ERROR)
        return SQLITE_IOERR_FSYNC;
    if (f->node)
        node_forget(f->node);
    return SQLITE_OK; /* the world ends with the process: the real disk need not know */
}

static int f_size(sqlite3_file *base, sqlite3_int64 *ret)
{
    struct vfile *f = of(base);
    return f->real ? f->real->pMethods->xFileSize(f->real, ret) : SQLITE_IOERR_FSTAT;
}

static int f_lock(sqlite3_file *base, int level)
{
    struct vfile *f = of(base);
    return f->real ? f->real->pMethods->xLock(f->real, level) : SQLITE_IOERR_LOCK;
}

static int f_unlock(sqlite3_file *base, int level)
{
    struct vfile *f = of(base);
    return f->real ? f->real->pMethods->xUnlock(f->real, level) : SQLITE_OK;
}

static int f_check_lock(sqlite3_file *base, int *ret)
{
    struct vfile *f = of(base);
    return f->real ? f->real->pMethods->xCheckReservedLock(f->real, ret) : SQLITE_IOERR;
}

static int f_control(sqlite3_file *base, int op, void *arg)
{
    struct vfile *f = of(base);
    return f->real ? f->real->pMethods->xFileControl(f->real, op, arg) : SQLITE_NOTFOUND;
}

static int f_sector(sqlite3_file *base) { return 4096; }

/* No powersafe overwrite: what is not synced may vanish. */
static int f_traits(sqlite3_file *base) { return 0; }

static int f_shm_map(sqlite3_file *base, int page, int page_bytes, int extend, void volatile **ret)
{
    struct vfile *f = of(base);
    return f->real ? f->real->pMethods->xShmMap(f->real, page, page_bytes, extend, ret) : SQLITE_IOERR_SHMMAP;
}

static int f_shm_lock(sqlite3_file *base, int offset, int n, int flags)
{
    struct vfile *f = of(base);
    return f->real ? f->real->pMethods->xShmLock(f->real, offset, n, flags) : SQLITE_IOERR_SHMLOCK;
}

static void f_shm_barrier(sqlite3_file *base)
{
    struct vfile *f = of(base);
    if (f->real)
        f->real->pMethods->xShmBarrier(f->real);
}

static int f_shm_unmap(sqlite3_file *base, int remove)
{
    struct vfile *f = of(base);
    return f->real ? f->real->pMethods->xShmUnmap(f->real, remove) : SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, .xClose = f_close, .xRead = f_read, .xWrite = f_write, .xTruncate = f_truncate, .xSync = f_sync,
    .xFileSize = f_size, .xLock = f_lock, .xUnlock = f_unlock, .xCheckReservedLock = f_check_lock,
    .xFileControl = f_control, .xSectorSize = f_sector, .xDeviceCharacteristics = f_traits, .xShmMap = f_shm_map,
    .xShmLock = f_shm_lock, .xShmBarrier = f_shm_barrier, .xShmUnmap = f_shm_unmap};

/* ---- the file system ---- */

static struct sim_vfs *state(sqlite3_vfs *v) { return v->pAppData; }

static int v_open(sqlite3_vfs *v, const char *path, sqlite3_file *base, int flags, int *ret_flags)
{
    struct sim_vfs *s = state(v);
    struct vfile *f = of(base);
    sqlite3_file *real = (sqlite3_file *)(f + 1);
    f->base.pMethods = NULL;
    int rc = s->real->xOpen(s->real, path, real, flags, ret_flags);
    if (rc != SQLITE_OK)
        return rc;
    f->owner = s;
    f->real = real;
    f->node = path && !(flags & SQLITE_OPEN_DELETEONCLOSE) ? node_get(s, path) : NULL;
    sim_obj_add(&f->obj, SIM_OBJ_VFS_FILE);
    f->base.pMethods = &methods;
    return SQLITE_OK;
}

static int v_delete(sqlite3_vfs *v, const char *path, int sync_dir)
{
    node_forget(node_get(state(v), path));
    return state(v)->real->xDelete(state(v)->real, path, 0);
}

static int v_access(sqlite3_vfs *v, const char *path, int flags, int *ret)
{
    return state(v)->real->xAccess(state(v)->real, path, flags, ret);
}

static int v_full_path(sqlite3_vfs *v, const char *path, int n, char *out)
{
    return state(v)->real->xFullPathname(state(v)->real, path, n, out);
}

static int v_random(sqlite3_vfs *v, int n, char *out)
{
    entropy_bytes(out, (size_t)n);
    return n;
}

static int v_sleep(sqlite3_vfs *v, int us) { return us; } /* nobody else could let go meanwhile */

/* Milliseconds since the Julian epoch. */
static int v_now64(sqlite3_vfs *v, sqlite3_int64 *ret)
{
    *ret = clock_wall_ms() + INT64_C(210866760000000);
    return SQLITE_OK;
}

static int v_now(sqlite3_vfs *v, double *ret)
{
    sqlite3_int64 ms;
    v_now64(v, &ms);
    *ret = (double)ms / 86400000.0;
    return SQLITE_OK;
}

static int v_error(sqlite3_vfs *v, int n, char *out) { return state(v)->real->xGetLastError(state(v)->real, n, out); }

void sim_vfs_start(void)
{
    struct sim_vfs *s = NEW(struct sim_vfs);
    sqlite3_initialize();
    s->real = sqlite3_vfs_find(NULL);
    s->vfs = (sqlite3_vfs){.iVersion = 2, .szOsFile = (int)sizeof(struct vfile) + s->real->szOsFile, .mxPathname = s->real->mxPathname,
                           .zName = "vigie-sim", .pAppData = s, .xOpen = v_open, .xDelete = v_delete, .xAccess = v_access,
                           .xFullPathname = v_full_path, .xRandomness = v_random, .xSleep = v_sleep, .xCurrentTime = v_now,
                           .xCurrentTimeInt64 = v_now64, .xGetLastError = v_error};
    sqlite3_vfs_register(&s->vfs, 1);
    sim_world()->vfs = s;
}

static void close_real(struct vfile *f)
{
    if (!f->real)
        return;
    f->real->pMethods->xShmUnmap(f->real, 1);
    f->real->pMethods->xUnlock(f->real, SQLITE_LOCK_NONE);
    f->real->pMethods->xClose(f->real);
    f->real = NULL;
}

void sim_vfs_crash(bool lose_unsynced)
{
    for (struct sim_obj *o = sim_obj_first(SIM_OBJ_VFS_FILE); o; o = sim_obj_after(o))
        close_real(CONTAINER(o, struct vfile, obj));
    for (struct node *n = sim_world()->vfs->nodes; n; n = n->next) {
        if (lose_unsynced)
            take_back(n);
    }
}

/* Databases are closed before the world ends: afterwards their files lead nowhere. */
void sim_vfs_stop(void)
{
    struct sim_vfs *s = sim_world()->vfs;
    sqlite3_vfs_unregister(&s->vfs);
    for (struct sim_obj *o = sim_obj_first(SIM_OBJ_VFS_FILE); o; o = sim_obj_after(o))
        close_real(CONTAINER(o, struct vfile, obj));
    while (s->nodes) {
        struct node *n = s->nodes;
        s->nodes = n->next;
        node_forget(n);
        mem_free(n->path);
        mem_free(n);
    }
    mem_free(s);
}
