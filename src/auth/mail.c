#include "auth/mail.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "auth/sendmail.h"
#include "base/address.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/email.h"
#include "base/random.h"
#include "store/throttle_store.h"

enum {
    HOUR_S = 3600,
    SENDMAIL_S = 30, /* for one message */
    WORD_BYTES =
        39, /* of text in an encoded word, so that its line, with "Subject: ", has 76 characters at most */
    LINE_BYTES = 57, /* of text in a line of base64 of 76 */
    ARENA_CAP = 1024 * 1024,
};

#define TURN_FILE "mail.lock" /* of whoever sends */

bool mail_is_on(const struct app *app)
{
    return app->cfg.mail.sendmail[0] != '\0';
}

/* ---- Queueing ---------------------------------------------------------------------------------------- */

static enum err check_room(struct app *app)
{
    int64_t count = 0;
    enum err e = mail_store_count(app->db, &count);
    return e == ERR_OK && count >= MAIL_QUEUE_MAX ? ERR_FULL : e;
}

/* One more of what may happen so often within an hour. */
static enum err check_rate(struct app *app, const char *kind, const char *name, int64_t limit, int64_t now_s,
                           int64_t *retry_after_s_out)
{
    struct throttle_count count = {0};
    char subject[sizeof "mail:" + EMAIL_MAX + ADDRESS_CAP];
    snprintf(subject, sizeof subject, "%s:%s", kind, name);
    enum err e = throttle_store_get(app->db, subject, now_s, HOUR_S, &count);
    if (e == ERR_OK && count.count >= limit) {
        *retry_after_s_out = count.ends_s - now_s;
        return ERR_RATE;
    }
    return e == ERR_OK ? throttle_store_hit(app->db, subject, now_s, HOUR_S, 0, &count) : e;
}

static enum err put(struct app *app, const struct mail_row *row)
{
    enum err e = mail_store_put(app->db, row);
    app->has_mail = app->has_mail || e == ERR_OK;
    return e;
}

enum err mail_put(struct app *app, const struct mail *m, int64_t now_s)
{
    int64_t retry_after_s = 0;
    char folded[EMAIL_MAX + 1];
    size_t len = strlen(m->recipient);
    if (!mail_is_on(app))
        return ERR_OK;
    if (!email_is_address(m->recipient, len))
        return ERR_BAD_REQUEST;
    for (size_t i = 0; i <= len; i++) /* in whatever case, it is one mailbox nearly everywhere */
        folded[i] = (char)(m->recipient[i] >= 'A' && m->recipient[i] <= 'Z' ? m->recipient[i] | 0x20
                                                                            : m->recipient[i]);
    enum err e = check_room(app);
    if (e == ERR_OK)
        e = check_rate(app, "mail", folded, MAIL_PER_HOUR, now_s, &retry_after_s);
    struct mail_row row = {.user_id = m->user_id,
                           .recipient = m->recipient,
                           .subject = m->subject,
                           .body = m->body,
                           .created_s = now_s,
                           .next_s = now_s,
                           .expires_s = now_s + m->ttl_s};
    return e == ERR_OK ? put(app, &row) : e;
}

enum err mail_ask(struct app *app, const char *kind, const char *text, const char *address, int64_t now_s,
                  int64_t *retry_after_s_out)
{
    char bucket[ADDRESS_CAP];
    struct mail_row row = {.recipient = "",
                           .subject = kind,
                           .body = text,
                           .created_s = now_s,
                           .next_s = now_s,
                           .expires_s = now_s + HOUR_S};
    address_bucket(address, bucket);
    enum err e = check_room(app);
    if (e == ERR_OK)
        e = check_rate(app, "question", bucket, MAIL_QUESTIONS_PER_HOUR, now_s, retry_after_s_out);
    return e == ERR_OK ? put(app, &row) : e;
}

enum err mail_count_asked(struct app *app, const char *kind, int64_t user_id, int64_t now_s)
{
    char name[64];
    int64_t retry_after_s = 0;
    snprintf(name, sizeof name, "%s/%lld", kind, (long long)user_id); /* no address: it has no @ */
    enum err e = check_rate(app, "mail", name, MAIL_ASKED_PER_HOUR, now_s, &retry_after_s);
    if (e == ERR_RATE)
        LOG_SOME(&app->log, ERR_LEVEL_WARN, "mail_refused", LOG_S("error", err_info(e)->name),
                 LOG_S("kind", kind), LOG_N("user_id", user_id));
    return e;
}

enum err mail_tell(struct app *app, const char *kind, int64_t user_id, const char *address, int64_t now_s)
{
    struct mail_row row = {.user_id = user_id,
                           .recipient = "",
                           .subject = kind,
                           .body = address,
                           .created_s = now_s,
                           .next_s = now_s,
                           .expires_s = now_s + MAIL_NOTICE_TTL_S};
    if (!mail_is_on(app) || !app->cfg.mail.notices)
        return ERR_OK;
    enum err e = check_room(app);
    if (e == ERR_FULL)
        LOG_SOME(&app->log, ERR_LEVEL_WARN, "mail_refused", LOG_S("error", err_info(e)->name),
                 LOG_S("kind", kind));
    return e == ERR_FULL ? ERR_OK : e == ERR_OK ? put(app, &row) : e;
}

/* ---- The message ------------------------------------------------------------------------------------- */

/* Whether a header may say it as it is. */
static bool is_plain(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] < 0x20 || text[i] > 0x7e)
            return false;
    return len <= 60 && memmem(text, len, "=?", 2) == NULL;
}

/* How many bytes of `text` go into one word: whole characters. */
static size_t word_len(const char *text, size_t len)
{
    if (len <= WORD_BYTES)
        return len;
    len = WORD_BYTES;
    while (len > 1 && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    return len;
}

/* A header's text; what is no plain ASCII in encoded words (RFC 2047 §2). Nothing in it can end the line. */
static void add_text(struct buf *out, const char *text, size_t len)
{
    if (is_plain(text, len)) {
        buf_add(out, text, len);
        return;
    }
    for (size_t n; len > 0; text += n, len -= n) {
        n = word_len(text, len);
        buf_add_str(out, "=?UTF-8?B?");
        codec_base64(out, text, n);
        buf_add_str(out, n < len ? "?=\n " : "?=");
    }
}

/* Of a name before an address also what is plain ASCII needs a form: it may have commas. */
static void add_from(const char *from, struct buf *out)
{
    const char *address = NULL;
    size_t name_len = 0, address_len = 0;
    if (!email_is_mailbox(from, &name_len, &address, &address_len))
        return; /* the program puts its own */
    buf_add_str(out, "From: ");
    if (name_len > 0 && is_plain(from, name_len))
        buf_addf(out, "\"%.*s\"", (int)name_len, from); /* it has neither quotes nor backslashes */
    else if (name_len > 0)
        add_text(out, from, name_len);
    buf_addf(out, "%s<%.*s>\n", name_len > 0 ? " " : "", (int)address_len, address);
    const char *at = memchr(address, '@', address_len);
    unsigned char chance[16];
    char id[sizeof chance * 2 + 1];
    if (random_bytes(chance, sizeof chance) != ERR_OK)
        return; /* the program puts one then */
    codec_hex(id, chance, sizeof chance);
    buf_addf(out, "Message-ID: <%s%.*s>\n", id, (int)(address + address_len - at), at);
}

static void add_date(int64_t at_s, struct buf *out)
{
    static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t at = (time_t)at_s;
    struct tm t;
    if (gmtime_r(&at, &t) == NULL)
        return;
    buf_addf(out, "Date: %.3s, %02d %.3s %d %02d:%02d:%02d +0000\n", days + t.tm_wday * 3, t.tm_mday,
             months + t.tm_mon * 3, t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

static void add_subject(const char *subject, struct buf *out)
{
    struct buf line;
    buf_init(&line);
    for (; *subject != '\0'; subject++)
        buf_add_char(&line, (unsigned char)*subject < 0x20 || *subject == 0x7f ? ' ' : *subject);
    add_text(out, buf_str(&line), line.len);
    buf_free(&line);
}

void mail_render(const struct config *cfg, const struct mail_row *m, struct buf *out)
{
    size_t len = strlen(m->body);
    add_from(cfg->mail.from, out);
    buf_addf(out, "To: <%s>\nSubject: ", m->recipient);
    add_subject(m->subject, out);
    buf_add_char(out, '\n');
    add_date(m->created_s, out);
    buf_add_str(out, "MIME-Version: 1.0\n"
                     "Content-Type: text/plain; charset=UTF-8\n"
                     "Content-Transfer-Encoding: base64\n"
                     "Auto-Submitted: auto-generated\n"
                     "X-Auto-Response-Suppress: All\n\n");
    for (size_t at = 0; at < len; at += LINE_BYTES) {
        codec_base64(out, m->body + at, len - at < LINE_BYTES ? len - at : LINE_BYTES);
        buf_add_char(out, '\n');
    }
}

/* ---- Sending ----------------------------------------------------------------------------------------- */

static enum err claim(struct app *app, int64_t now_s, struct arena *arena, struct mail_row *out)
{
    bool is_due = false;
    enum err e = mail_store_is_due(app->db, now_s, &is_due);
    if (e != ERR_OK || !is_due)
        return e != ERR_OK ? e : ERR_NOT_FOUND;
    e = db_begin(app->db, DB_DURABLE);
    return e == ERR_OK ? db_end(app->db, mail_store_claim(app->db, now_s, arena, out)) : e;
}

/* It may be gone by now: `menshen mail remove`. */
static enum err forget(struct app *app, int64_t id)
{
    enum err e = db_begin(app->db, DB_DURABLE);
    e = e == ERR_OK ? db_end(app->db, mail_store_remove(app->db, id)) : e;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err give_up(struct app *app, const struct mail_row *m, struct mail_count *count)
{
    LOG(&app->log, ERR_LEVEL_ERROR, "mail_given_up", LOG_S("recipient", m->recipient), LOG_N("id", m->id),
        LOG_N("tries", m->tries));
    count->given_up++;
    return forget(app, m->id);
}

static enum err send_one(struct app *app, const struct mail_row *m, struct mail_count *count)
{
    struct buf message, why;
    buf_init(&message);
    buf_init(&why);
    mail_render(&app->cfg, m, &message);
    enum err sent = message.err, e = ERR_OK;
    if (sent == ERR_OK)
        sent = sendmail_run(app->cfg.mail.sendmail, message.data, message.len, SENDMAIL_S, &why);
    if (sent != ERR_OK)
        LOG(&app->log, ERR_LEVEL_WARN, "mail_failed", LOG_S("message", buf_str(&why)),
            LOG_S("recipient", m->recipient), LOG_N("id", m->id), LOG_N("tries", m->tries));
    buf_free(&message);
    buf_free(&why);
    *(sent == ERR_OK ? &count->sent : &count->failed) += 1;
    if (sent == ERR_OK)
        e = forget(app, m->id);
    else if (m->tries >= MAIL_TRIES_MAX || m->next_s >= m->expires_s)
        e = give_up(app, m, count);
    return e;
}

static enum err answer_one(struct app *app, mail_answer *answer, const struct mail_row *m, int64_t now_s,
                           struct arena *arena)
{
    enum err e = db_begin(app->db, DB_DURABLE);
    if (e != ERR_OK)
        return e;
    e = mail_store_remove(app->db, m->id);
    if (e == ERR_OK)
        e = answer(app, m, now_s, arena);
    e = db_end(app->db, e);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Send what is due, `max` at the most. ERR_NOT_FOUND: nothing more is. */
static enum err send_some(struct app *app, mail_answer *answer, int64_t max, struct arena *arena,
                          struct mail_count *count)
{
    enum err e = ERR_OK;
    for (int64_t i = 0; e == ERR_OK && i < max; i++) {
        struct mail_row m;
        int64_t now_s = clock_now_s();
        arena_reset(arena);
        e = claim(app, now_s, arena, &m);
        if (e == ERR_OK && m.expires_s <= now_s)
            e = give_up(app, &m, count);
        else if (e == ERR_OK && m.recipient[0] == '\0')
            e = answer_one(app, answer, &m, now_s, arena);
        else if (e == ERR_OK)
            e = send_one(app, &m, count);
    }
    return e;
}

bool mail_is_being_sent(const struct app *app)
{
    int turn = db_lock_beside(app->cfg.server.data_dir, TURN_FILE, false);
    if (turn >= 0)
        close(turn);
    return turn < 0 && errno == EWOULDBLOCK;
}

/* Whoever saw this one at work left its mail to it: it looks once more when its turn is over. */
enum err mail_send_due(struct app *app, mail_answer *answer, int64_t max, struct mail_count *count_out)
{
    struct arena arena;
    enum err e = ERR_OK;
    bool due = true;
    *count_out = (struct mail_count){0};
    arena_init(&arena, ARENA_CAP);
    while (e == ERR_OK && due) {
        int turn = db_lock_beside(app->cfg.server.data_dir, TURN_FILE, true); /* -1: so it goes without */
        e = send_some(app, answer, max, &arena, count_out);
        if (turn >= 0)
            close(turn);
        due = e == ERR_NOT_FOUND;
        if (due)
            e = mail_store_is_due(app->db, clock_now_s(), &due);
    }
    arena_fini(&arena);
    return e;
}
