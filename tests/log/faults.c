/*
 * A disk that fails: preloaded into a process, it counts what that process writes to files in one folder,
 * and at the call that was asked for it does what disks and power supplies do.
 *
 *   FAULT_FOLDER  the folder; calls on other files pass. When the fault comes, FAULT_FOLDER.fired is made
 *   FAULT_AT      at which call, from 1
 *   FAULT_FOR     for how many calls, for the faults that are errors; 1 if not given
 *   FAULT_KIND    kill    the process dies before the call
 *                 tear    half of the write is done, then the process dies
 *                 power   everything that was not synced is undone, then the process dies
 *                 mixed   every second write that was not synced is undone, then the process dies
 *                 eio     the call fails with EIO (only syncs are counted)
 *                 eio-write  the call fails with EIO (only writes are counted)
 *                 enospc  the call fails with ENOSPC (only writes are counted)
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off64_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off64_t);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *folder, *kind;
static long at, span = 1, calls;

/* What a write has replaced, until the file is synced. */
struct undo {
    struct undo *next;
    char path[512];
    off64_t offset, size_before;
    size_t length;
    char *bytes;
};
static struct undo *undos;

static void start(void) {
    if (real_write) return;
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    folder = getenv("FAULT_FOLDER");
    kind = getenv("FAULT_KIND");
    at = getenv("FAULT_AT") ? atol(getenv("FAULT_AT")) : 0;
    span = getenv("FAULT_FOR") ? atol(getenv("FAULT_FOR")) : 1;
    real_write = dlsym(RTLD_NEXT, "write");
}

static int watched(int fd, char *path) {
    char link[64];
    int saved = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = folder && kind ? readlink(link, path, 511) : -1;
    errno = saved;
    if (length < 0) return 0;
    path[length] = 0;
    /* Files only. SQLite also syncs the folder and lets that fail, so the log syncs it again. */
    size_t own = strlen(folder);
    return strncmp(path, folder, own) == 0 && path[own] == '/';
}

static int is(const char *name) { return strcmp(kind, name) == 0; }

static int undoing(void) { return is("power") || is("mixed"); }

/* Remembers what is at a place of a file, up to `length` bytes, and how long the file is. */
static void remember(const char *path, int fd, off64_t offset, size_t length) {
    struct stat64 stat;
    if (fstat64(fd, &stat) != 0) return;
    struct undo *undo = calloc(1, sizeof *undo);
    strcpy(undo->path, path);
    undo->offset = offset;
    undo->size_before = stat.st_size;
    undo->bytes = malloc(length ? length : 1);
    ssize_t got = pread64(fd, undo->bytes, length, offset);
    undo->length = got > 0 ? (size_t)got : 0;
    undo->next = undos;
    undos = undo;
}

static void synced(const char *path) {
    struct undo **undo = &undos;
    while (*undo) {
        if (strcmp((*undo)->path, path) == 0) {
            struct undo *gone = *undo;
            *undo = gone->next;
            free(gone->bytes);
            free(gone);
        } else {
            undo = &(*undo)->next;
        }
    }
}

static void lose_power(void) {
    long number = 0;
    for (struct undo *undo = undos; undo; undo = undo->next) {
        if (is("mixed") && number++ % 2) continue;
        int fd = open64(undo->path, O_RDWR);
        if (fd < 0) continue;
        real_pwrite(fd, undo->bytes, undo->length, undo->offset);
        if (is("power")) real_ftruncate(fd, undo->size_before);
        close(fd);
    }
}

enum { PASS, FAIL, TEAR };

/* Counts a call, and says what is to become of it. */
static int fate(int is_sync) {
    if (is("eio") && !is_sync) return PASS;
    if ((is("eio-write") || is("enospc")) && is_sync) return PASS;
    long number = ++calls;
    int error = is("eio") || is("eio-write") || is("enospc");
    if (at == 0 || number < at || number >= at + (error ? span : 1)) return PASS;
    char fired[600];
    snprintf(fired, sizeof fired, "%s.fired", folder);
    close(open64(fired, O_CREAT | O_WRONLY, 0600));
    if (error) {
        errno = is("enospc") ? ENOSPC : EIO;
        return FAIL;
    }
    if (is("tear") && !is_sync) return TEAR;
    if (undoing()) lose_power();
    _exit(137);
}

static ssize_t writing(int fd, const void *bytes, size_t length, off64_t offset, int moves) {
    char path[512];
    start();
    if (!watched(fd, path)) {
        return moves ? real_write(fd, bytes, length) : real_pwrite(fd, bytes, length, offset);
    }
    pthread_mutex_lock(&lock);
    if (moves) offset = lseek64(fd, 0, SEEK_CUR);
    int what = fate(0);
    if (what == TEAR) {
        real_pwrite(fd, bytes, length / 2, offset);
        _exit(137);
    }
    ssize_t result = -1;
    if (what == PASS) {
        if (undoing()) remember(path, fd, offset, length);
        result = moves ? real_write(fd, bytes, length) : real_pwrite(fd, bytes, length, offset);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

ssize_t write(int fd, const void *bytes, size_t length) { return writing(fd, bytes, length, 0, 1); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    return writing(fd, bytes, length, offset, 0);
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
    return writing(fd, bytes, length, offset, 0);
}

static int syncing(int fd, int (**real)(int)) {
    char path[512];
    start();
    if (!watched(fd, path)) return (*real)(fd);
    pthread_mutex_lock(&lock);
    int result = fate(1) == PASS ? (*real)(fd) : -1;
    if (result == 0) synced(path);
    pthread_mutex_unlock(&lock);
    return result;
}

int fsync(int fd) { return syncing(fd, &real_fsync); }
int fdatasync(int fd) { return syncing(fd, &real_fdatasync); }

int ftruncate64(int fd, off64_t length) {
    char path[512];
    start();
    if (!watched(fd, path)) return real_ftruncate(fd, length);
    pthread_mutex_lock(&lock);
    int what = fate(0);
    int result = -1;
    if (what != FAIL) {
        struct stat64 stat;
        if (undoing() && fstat64(fd, &stat) == 0 && stat.st_size > length) {
            remember(path, fd, length, (size_t)(stat.st_size - length));
        }
        result = real_ftruncate(fd, length);
    }
    pthread_mutex_unlock(&lock);
    return result;
}
int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }
