#include "store/captcha_store.h"

#include <string.h>

#include "base/clock.h"
#include "store/stmt.h"

/* Every so many captchas clear away so many dead ones: more than they add, and together, since what a transaction
 * costs is the pages that it writes. */
enum { CLEAR_EVERY = 2, CLEAR_ROWS = 4 };

/* Both ends of the ring. */
struct ends {
    int64_t oldest_seq, newest_seq; /* 0: it is empty */
    int64_t oldest_expires_s, newest_expires_s;
};

static enum err read_ends(struct db *db, struct ends *out)
{
    *out = (struct ends){0};
    sqlite3_stmt *st = stmt_begin(db, SQL_CAPTCHA_ENDS, "");
    enum err e = stmt_step(db, st);
    if (e == ERR_OK) {
        out->oldest_seq = sqlite3_column_int64(st, 0);
        out->newest_seq = sqlite3_column_int64(st, 1);
        out->oldest_expires_s = sqlite3_column_int64(st, 2);
        out->newest_expires_s = sqlite3_column_int64(st, 3);
    }
    return stmt_end(db, st, e);
}

enum err captcha_store_make_room(struct db *db, const struct captcha_ring *ring, const char *network,
                                 int64_t now_s, int64_t *ahead_s_out)
{
    struct ends ends;
    int64_t latest_s = now_s + ring->ttl_s + CLOCK_SKEW_S;
    *ahead_s_out = 0;
    enum err e = read_ends(db, &ends);
    if (e != ERR_OK || ends.newest_seq == 0)
        return e;
    if (ends.newest_expires_s > latest_s)
        *ahead_s_out = ends.newest_expires_s - ring->ttl_s - now_s;
    bool is_full = ends.newest_seq - ends.oldest_seq + 1 >= ring->max_live;
    bool is_dead = ends.oldest_expires_s <= now_s || ends.oldest_expires_s > latest_s;
    if (is_dead && (is_full || ends.newest_seq % CLEAR_EVERY == 0))
        return stmt_run(db, SQL_CAPTCHA_CLEAR, "iii", now_s, latest_s, (int64_t)CLEAR_ROWS);
    return is_full ? stmt_run(db, SQL_CAPTCHA_EVICT, "s", network) : ERR_OK;
}

enum err captcha_store_put(struct db *db, const struct captcha_row *row)
{
    return stmt_run(db, SQL_CAPTCHA_PUT, "ssssi", row->id, row->network, row->dialect, row->answer,
                    row->expires_s);
}

enum err captcha_store_take(struct db *db, const char *id, const char *dialect, int64_t ttl_s, int64_t now_s,
                            struct captcha_taken *out)
{
    sqlite3_stmt *st =
        stmt_begin(db, SQL_CAPTCHA_TAKE, "ssii", id, dialect, now_s, now_s + ttl_s + CLOCK_SKEW_S);
    enum err e = stmt_step(db, st);
    if (e == ERR_OK) {
        size_t len = (size_t)sqlite3_column_bytes(st, 0);
        if (len < sizeof out->answer)
            memcpy(out->answer, sqlite3_column_text(st, 0), len + 1);
        else
            e = ERR_STORE;
        out->expires_s = sqlite3_column_int64(st, 1);
    }
    return stmt_end(db, st, e);
}
