#include "store/captcha_store.h"

#include <string.h>

#include "base/secure.h"
#include "store/stmt.h"

enum err captcha_store_put(struct db *db, const char *id, const char *dialect, const char *answer,
                           int64_t expires_s)
{
    return stmt_run(db, SQL_CAPTCHA_PUT, "sssi", id, dialect, answer, expires_s);
}

enum err captcha_store_take(struct db *db, const char *id, const char *dialect, int64_t now_s,
                            char *answer_out, size_t cap)
{
    enum err e = db_begin(db, DB_RELAXED);
    if (e != ERR_OK)
        return e;
    sqlite3_stmt *st = stmt_begin(db, SQL_CAPTCHA_TAKE, "ssi", id, dialect, now_s);
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

enum err captcha_store_span(struct db *db, int64_t *count_out)
{
    sqlite3_stmt *st = stmt_begin(db, SQL_CAPTCHA_SPAN, "");
    enum err e = stmt_step(db, st);
    if (e == ERR_OK)
        *count_out = sqlite3_column_int64(st, 0);
    return stmt_end(db, st, e);
}
