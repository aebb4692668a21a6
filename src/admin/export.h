/*
 * People written as admin/import reads them.
 * Depends on admin/people, store/group_store, store/user_store.
 */
#ifndef ADMIN_EXPORT_H
#define ADMIN_EXPORT_H

#include "admin/people.h"
#include "store/db.h"

/* What to write. */
struct export_rules {
    enum people_format format; /* not PEOPLE_HTPASSWD */
    const char *tenant_id;     /* NULL: of every tenant */
    bool with_hashes;          /* with their verifiers: whoever has the file can guess at them */
    bool
        for_excel; /* with a byte order mark, and nothing that is taken for a formula; without ids, which it would round */
};

/* Takes the file piece by piece: the head, then one person at a time. A result other than ERR_OK ends the writing.
 * The text is a secret if verifiers are among it. */
typedef enum err export_sink(void *ctx, const struct buf *text);

/* count_out: how many people. ERR_OK, ERR_STORE, ERR_MEMORY, the sink's own. */
enum err export_people(struct db *db, const struct export_rules *rules, export_sink *sink, void *ctx,
                       size_t *count_out);

#endif
