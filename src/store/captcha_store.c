#include "store/captcha_store.h"

#include <string.h>

#include "base/clock.h"
#include "base/secure.h"
#include "store/stmt.h"

/* Dead ones that a new captcha clears away: more than it adds. */
enum { CLEAR_ROWS = 2 };

/* What every network may have before its own oldest gives way: this share of the ring, within these bounds. */
enum { SHARE_DIVISOR = 1000, SHARE_MIN = 2, SHARE_MAX = 100 };

/* Both ends of the ring. */
struct ends {
    int64_t span; /* from the oldest to the newest, answered ones between them included; 0: it is empty */
    int64_t oldest_expires_s, newest_expires_s;
};

static enum err read_ends(struct db *db, struct ends *out)
{
    *out = (struct ends){0};
    sqlite3_stmt *st = stmt_begin(db, SQL_CAPTCHA_ENDS, "");
    enum err e = stmt_step(db, st);
    if (e == ERR_OK) {
        out->span = sqlite3_column_int64(st, 0);
        out->oldest_expires_s = sqlite3_column_int64(st, 1);
        out->newest_expires_s = sqlite3_column_int64(st, 2);
    }
    e = stmt_end(db, st, e);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static int64_t share(int64_t max_live)
{
    int64_t rows = max_live / SHARE_DIVISOR;
    return rows < SHARE_MIN ? SHARE_MIN : rows > SHARE_MAX ? SHARE_MAX : rows;
}

enum err captcha_store_make_room(struct db *db, const struct captcha_ring *ring, const char *network,
                                 int64_t now_s, int64_t *ahead_s_out)
{
    struct ends ends;
    int64_t latest_s = now_s + ring->ttl_s + CLOCK_SKEW_S;
    *ahead_s_out = 0;
    enum err e = read_ends(db, &ends);
    if (e != ERR_OK || ends.span == 0)
        return e;
    if (ends.newest_expires_s > latest_s)
        *ahead_s_out = ends.newest_expires_s - ring->ttl_s - now_s;
    if (ends.oldest_expires_s <= now_s || ends.oldest_expires_s > latest_s)
        return stmt_run(db, SQL_CAPTCHA_CLEAR, "iii", now_s, latest_s, (int64_t)CLEAR_ROWS);
    if (ends.span >= ring->max_live)
        return stmt_run(db, SQL_CAPTCHA_EVICT, "si", network, share(ring->max_live));
    return ERR_OK;
}

enum err captcha_store_put(struct db *db, const struct captcha_row *row)
{
    return stmt_run(db, SQL_CAPTCHA_PUT, "ssssi", row->id, row->network, row->dialect, row->answer,
                    row->expires_s);
}

enum err captcha_store_take(struct db *db, const char *id, const char *dialect, int64_t ttl_s, int64_t now_s,
                            char *answer_out, size_t cap)
{
    enum err e = db_begin(db, DB_RELAXED);
    if (e != ERR_OK)
        return e;
    sqlite3_stmt *st =
        stmt_begin(db, SQL_CAPTCHA_TAKE, "ssii", id, dialect, now_s, now_s + ttl_s + CLOCK_SKEW_S);
    e = stmt_step(db, st);
    char answer[64] = "";
    if (e == ERR_OK) {
        size_t len = (size_t)sqlite3_column_bytes(st, 0);
        if (len < sizeof answer && len < cap)
            memcpy(answer, sqlite3_column_text(st, 0), len + 1);
        else
            e = ERR_STORE;
    }
    e = db_end(db, stmt_end(db, st, e));
    if (e == ERR_OK)
        memcpy(answer_out, answer, strlen(answer) + 1);
    secure_wipe(answer, sizeof answer);
    return e;
}
