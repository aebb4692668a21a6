/*
 * A database of a test's own, in a folder that is removed with everything in it.
 */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <dirent.h>
#include <unistd.h>

#include "unit.h"

#include "store/db.h"

struct scratch {
    char dir[32];
    struct buf log; /* what the database complained about */
    struct log sink;
    struct db *db;
};

static inline void scratch_note(void *ctx, enum err_level level, const char *line, size_t len)
{
    (void)level;
    buf_add(ctx, line, len);
}

/* Another connection to the same database, as another worker process has one. */
static inline struct db *scratch_connect(struct scratch *s)
{
    struct db *db = NULL;
    struct buf why;
    buf_init(&why);
    enum err e = db_open(s->dir, &s->sink, &db, &why);
    assert_case(e == ERR_OK, "%s", buf_str(&why));
    buf_free(&why);
    return db;
}

static inline void scratch_open(struct scratch *s)
{
    struct buf why;
    buf_init(&why);
    buf_init(&s->log);
    s->sink = (struct log){.sink = scratch_note, .ctx = &s->log, .fd = -1};
    snprintf(s->dir, sizeof s->dir, "/tmp/menshen-unit-XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    assert_case(db_create(s->dir, &why) == ERR_OK, "%s", buf_str(&why));
    buf_free(&why);
    s->db = scratch_connect(s);
}

/* A folder of files. */
static inline void scratch_remove(const char *path)
{
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    assert_int_equal(rmdir(path), 0);
}

static inline void scratch_close(struct scratch *s)
{
    db_close(s->db);
    buf_free(&s->log);
    scratch_remove(s->dir);
}

#endif
