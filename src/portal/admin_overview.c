/* /admin: what needs attention, how many there are of what, and charts of what happened. */
#include <stdio.h>
#include <string.h>

#include "admin/doctor.h"
#include "admin/stats.h"
#include "auth/throttle.h"
#include "base/clock.h"
#include "portal/chart.h"
#include "portal/pages.h"
#include "store/mail_store.h"

/* ---- What needs attention ---------------------------------------------------------------------------- */

/* A line of the list: `key` is its sentence, with {n} or {what} in it. */
static void add_todo(struct page *p, bool is_bad, const char *path, const char *key, int64_t n,
                     const char *what)
{
    struct view *values = view_new(p->arena);
    struct view *item = view_item(p->view, "todo");
    view_number(values, "n", n);
    view_text(values, "what", what);
    view_text(item, "badge", is_bad ? "bad" : "warn");
    view_text(item, "kind", page_word(p, is_bad ? "overview.bad" : "overview.warn"));
    view_text(item, "text", page_sentence(p, key, values));
    view_textf(item, "href", "%s%s", p->mount, path);
}

static void add_findings(struct page *p, const struct doctor *d, enum doctor_status status)
{
    for (size_t i = 0; i < d->count; i++) {
        const char *key = arena_printf(p->arena, "health.check.%s", d->finding[i].name);
        const char *word = key != NULL ? words_find(key, strlen(key), p->script) : NULL;
        /* A site whose people only sign in here needs no client: that it has none is said under health alone. */
        if (d->finding[i].status == status && strcmp(d->finding[i].name, "clients_with_secret") != 0)
            add_todo(p, status == DOCTOR_ERROR, "/admin/health", "overview.finding", 0,
                     word != NULL ? word : d->finding[i].name);
    }
}

/* What doctor finds at a glance. */
static enum err show_findings(struct page *p)
{
    struct doctor *d = arena_alloc(p->arena, sizeof *d);
    if (d == NULL)
        return ERR_MEMORY;
    *d = (struct doctor){.app = p->app,
                         .is_open = true,
                         .is_quick = true,
                         .dialects = p->call->dialects,
                         .arena = p->arena,
                         .now_s = p->now_s};
    db_read_end(p->app->db);
    doctor_examine(d);
    add_findings(p, d, DOCTOR_ERROR);
    add_findings(p, d, DOCTOR_WARNING);
    return ERR_OK;
}

struct locks {
    int64_t accounts, addresses, clients;
};

static enum err count_lock(void *ctx, const struct throttle_entry *entry)
{
    struct locks *l = ctx;
    bool is_stranger = entry->name[0] == '#'; /* an account that does not exist */
    if (entry->kind == THROTTLE_ACCOUNT && entry->state == THROTTLE_ATTACKED && !is_stranger)
        l->accounts++;
    else if (entry->kind == THROTTLE_ADDRESS && entry->state == THROTTLE_LOCKED)
        l->addresses++;
    else if (entry->kind == THROTTLE_CLIENT && entry->state == THROTTLE_ATTACKED)
        l->clients++;
    return ERR_OK;
}

/* Mail that was tried and is still there. */
static enum err count_stuck(void *ctx, const struct mail_row *row)
{
    int64_t *stuck = ctx;
    *stuck += row->tries > 1;
    return ERR_OK;
}

static enum err show_locks(struct page *p)
{
    struct locks locks = {0};
    struct arena rows; /* these two empty it after each row */
    int64_t stuck = 0;
    arena_init(&rows, 1 << 16);
    enum err e = throttle_list(p->app, p->now_s, &rows, count_lock, &locks);
    if (e == ERR_OK)
        e = mail_store_list(p->app->db, &rows, count_stuck, &stuck);
    arena_fini(&rows);
    if (locks.accounts > 0)
        add_todo(p, false, "/admin/locks", "overview.accounts_attacked", locks.accounts, "");
    if (locks.addresses > 0)
        add_todo(p, false, "/admin/locks", "overview.addresses_locked", locks.addresses, "");
    if (locks.clients > 0)
        add_todo(p, false, "/admin/locks", "overview.clients_attacked", locks.clients, "");
    if (stuck > 0)
        add_todo(p, false, "/admin/health", "overview.mail_stuck", stuck, "");
    return e;
}

/* ---- Figures ----------------------------------------------------------------------------------------- */

static void add_figure(struct page *p, const char *key, int64_t n)
{
    char number[CHART_NUMBER_CAP];
    struct view *item = view_item(p->view, "figures");
    chart_number(n, number);
    view_text(item, "name", page_word(p, key));
    view_text(item, "number", arena_strdup(p->arena, number));
}

static enum err show_figures(struct page *p)
{
    struct stats *today = NULL;
    int64_t people = 0, tokens = 0, browsers = 0;
    enum err e = user_store_count(p->app->db, &people);
    if (e == ERR_OK)
        e = counter_store_live(p->app->db, p->now_s, &tokens, &browsers);
    if (e == ERR_OK)
        e = stats_read(p->app->db, STATS_DAYS, 1, p->now_s, p->arena, &today);
    if (e != ERR_OK)
        return e;
    add_figure(p, "overview.today_ok", stats_total(today, COUNTER_LOGIN_OK));
    add_figure(p, "overview.today_wrong", stats_total(today, COUNTER_LOGIN_WRONG));
    add_figure(p, "overview.now_browsers", browsers);
    add_figure(p, "overview.now_tokens", tokens);
    add_figure(p, "overview.people", people);
    return ERR_OK;
}

/* ---- Charts ------------------------------------------------------------------------------------------ */

/* What the charts of one page have in common. */
struct board {
    struct page *page;
    const struct stats *stats;
    struct chart_point point[STATS_POINTS_MAX];
};

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* "25 Nov", "11月25日". */
static const char *date_text(const struct page *p, int month, int day)
{
    return p->script == SCRIPT_ENGLISH ? arena_printf(p->arena, "%d %s", day, months[month - 1])
                                       : arena_printf(p->arena, "%d月%d日", month, day);
}

/* Every 12 hours, or every tenth or thirtieth day back from today: so few that they do not touch at 320 px. */
static bool has_tick(const struct stats *s, size_t i, int hour)
{
    size_t back = s->points - 1 - i;
    return s->unit == STATS_HOURS ? hour % 12 == 0 : back % (s->points > 31 ? 30 : 10) == 0;
}

static bool name_point(struct board *b, size_t i)
{
    struct page *p = b->page;
    char local[CLOCK_LOCAL_CAP];
    int month = 1, day = 1, hour = 0, minute = 0;
    clock_local(b->stats->start_s[i], local);
    if (sscanf(local, "%*d-%d-%d %d:%d", &month, &day, &hour, &minute) != 4 || month < 1 || month > 12)
        return false;
    const char *date = date_text(p, month, day);
    const char *label = date, *time = date;
    if (b->stats->unit == STATS_HOURS && date != NULL) {
        label = arena_printf(p->arena, p->script == SCRIPT_ENGLISH ? "%s, %02d:%02d" : "%s %02d:%02d", date,
                             hour, minute);
        time = hour == 0 ? date : arena_printf(p->arena, "%02d:%02d", hour, minute);
    }
    b->point[i] = (struct chart_point){.label = label, .tick = has_tick(b->stats, i, hour) ? time : NULL};
    return label != NULL && time != NULL;
}

/* "In all 1,234, the most 120 at 25 Nov, 09:00."; of samples only the most. */
static const char *summarise(struct page *p, const struct chart *c, bool has_total)
{
    char total_text[CHART_NUMBER_CAP], most_text[CHART_NUMBER_CAP];
    struct view *values = view_new(p->arena);
    int64_t total = 0, most = 0;
    size_t at = 0;
    for (size_t i = 0; i < c->points; i++) {
        int64_t here = 0;
        for (size_t j = 0; j < c->series_count; j++)
            here += c->series[j].value[i];
        total += here;
        if (here > most) {
            most = here;
            at = i;
        }
    }
    if (most == 0)
        return page_word(p, "overview.none");
    chart_number(total, total_text);
    chart_number(most, most_text);
    view_text(values, "total", arena_strdup(p->arena, total_text));
    view_text(values, "most", arena_strdup(p->arena, most_text));
    view_text(values, "when", c->point[at].label);
    return page_sentence(p, has_total ? "overview.summary" : "overview.summary_most", values);
}

static void put_chart(struct page *p, const struct chart *c)
{
    struct buf markup;
    buf_init(&markup);
    chart_draw(c, &markup);
    view_markup(view_item(p->view, "charts"), "chart", &markup);
    buf_free(&markup);
}

/* A series of a counter, or of the two that are one for the reader. */
struct part {
    const char *key;
    enum chart_look look;
    enum counter id, also; /* also: COUNTER_COUNT if there is none */
};

static const int64_t *values_of(const struct board *b, const struct part *part)
{
    const struct stats *s = b->stats;
    int64_t *sum = arena_alloc(b->page->arena, sizeof s->count[0]);
    if (part->also == COUNTER_COUNT || sum == NULL)
        return s->count[part->id];
    for (size_t i = 0; i < s->points; i++)
        sum[i] = s->count[part->id][i] + s->count[part->also][i];
    return sum;
}

static const char *total_text(struct page *p, const int64_t *value, size_t points)
{
    char number[CHART_NUMBER_CAP];
    int64_t total = 0;
    for (size_t i = 0; i < points; i++)
        total += value[i];
    chart_number(total, number);
    return arena_strdup(p->arena, number);
}

static struct chart new_chart(const struct board *b, const char *id, const char *title,
                              const struct chart_series *series, size_t count)
{
    return (struct chart){
        .id = id,
        .title = page_word(b->page, title),
        .table_word = page_word(b->page, "overview.table"),
        .point_word = page_word(b->page, b->stats->unit == STATS_HOURS ? "overview.hour" : "overview.day"),
        .point = b->point,
        .points = b->stats->points,
        .series = series,
        .series_count = count};
}

static void show_counts(const struct board *b, const char *id, const char *title, const struct part *part,
                        size_t parts, bool has_total)
{
    struct chart_series series[CHART_SERIES_MAX];
    struct page *p = b->page;
    for (size_t i = 0; i < parts; i++) {
        const int64_t *value = values_of(b, &part[i]);
        series[i] = (struct chart_series){.name = page_word(p, part[i].key),
                                          .look = part[i].look,
                                          .value = value,
                                          .note = has_total ? total_text(p, value, b->stats->points) : NULL};
    }
    struct chart c = new_chart(b, id, title, series, parts);
    c.summary = summarise(p, &c, has_total);
    put_chart(p, &c);
}

static const enum counter solved[] = {COUNTER_CAPTCHA_SOLVED_5, COUNTER_CAPTCHA_SOLVED_10,
                                      COUNTER_CAPTCHA_SOLVED_20, COUNTER_CAPTCHA_SOLVED_40,
                                      COUNTER_CAPTCHA_SOLVED_MORE};
enum { SOLVED = sizeof solved / sizeof solved[0] };

/* Of those that were issued: answered right, answered wrong, and neither. */
static void show_captchas(const struct board *b)
{
    const struct stats *s = b->stats;
    struct page *p = b->page;
    int64_t *right = arena_alloc(p->arena, sizeof s->count[0]),
            *rest = arena_alloc(p->arena, sizeof s->count[0]);
    if (right == NULL || rest == NULL)
        return;
    const int64_t *wrong = s->count[COUNTER_CAPTCHA_WRONG];
    for (size_t i = 0; i < s->points; i++) {
        for (int j = 0; j < SOLVED; j++)
            right[i] += s->count[solved[j]][i];
        int64_t left = s->count[COUNTER_CAPTCHA_ISSUED][i] - right[i] - wrong[i];
        rest[i] = left > 0 ? left : 0; /* what was issued before this hour may be answered in it */
    }
    const struct chart_series series[] = {
        {page_word(p, "overview.captcha_solved"), CHART_GOOD, right, total_text(p, right, s->points)},
        {page_word(p, "overview.captcha_wrong"), CHART_BAD, wrong, total_text(p, wrong, s->points)},
        {page_word(p, "overview.captcha_open"), CHART_WARN, rest, total_text(p, rest, s->points)}};
    struct chart c = new_chart(b, "captchas", "overview.captchas", series, 3);
    c.summary = summarise(p, &c, true);
    put_chart(p, &c);
}

/* How long people took for those that they answered right. */
static void show_took(const struct board *b)
{
    static const int up_to[SOLVED] = {5, 10, 20, 40, 40};
    const struct stats *s = b->stats;
    struct page *p = b->page;
    struct chart_point point[SOLVED];
    int64_t value[SOLVED], count = 0, sum_s = 0;
    for (int i = 0; i < SOLVED; i++) {
        struct view *values = view_new(p->arena);
        view_number(values, "n", up_to[i]);
        const char *label =
            page_sentence(p, i < SOLVED - 1 ? "overview.up_to" : "overview.more_than", values);
        point[i] = (struct chart_point){label, label};
        value[i] = stats_total(s, solved[i]);
        count += value[i];
        sum_s += stats_total_sum(s, solved[i]);
    }
    struct view *mean = view_new(p->arena);
    view_number(mean, "n", count > 0 ? (sum_s + count / 2) / count : 0);
    const char *note = count > 0 ? page_sentence(p, "overview.mean", mean) : NULL;
    const struct chart_series series[] = {{page_word(p, "overview.captcha_solved"), CHART_GOOD, value, note}};
    struct chart c = new_chart(b, "took", "overview.took", series, 1);
    c.point_word = page_word(p, "overview.seconds");
    c.point = point;
    c.points = SOLVED;
    c.summary = note != NULL ? note : page_word(p, "overview.none");
    put_chart(p, &c);
}

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static void show_charts(const struct board *b)
{
    static const struct part logins[] = {
        {"overview.login_ok", CHART_GOOD, COUNTER_LOGIN_OK, COUNTER_COUNT},
        {"overview.login_wrong", CHART_BAD, COUNTER_LOGIN_WRONG, COUNTER_COUNT},
        {"overview.login_refused", CHART_WARN, COUNTER_LOGIN_REFUSED, COUNTER_LOGIN_LOCKED}};
    static const struct part locks[] = {
        {"overview.lock_account", CHART_BAD, COUNTER_LOCK_ACCOUNT, COUNTER_COUNT},
        {"overview.lock_address", CHART_WARN, COUNTER_LOCK_ADDRESS, COUNTER_COUNT}};
    static const struct part tokens[] = {
        {"overview.token_issued", CHART_GOOD, COUNTER_TOKEN_ISSUED, COUNTER_COUNT},
        {"overview.token_refreshed", CHART_OTHER, COUNTER_REFRESH_OK, COUNTER_COUNT},
        {"overview.token_reused", CHART_BAD, COUNTER_REFRESH_REUSED, COUNTER_COUNT}};
    static const struct part live[] = {
        {"overview.live_browsers", CHART_GOOD, COUNTER_BROWSERS_LIVE, COUNTER_COUNT},
        {"overview.live_tokens", CHART_OTHER, COUNTER_TOKENS_LIVE, COUNTER_COUNT}};
    show_counts(b, "logins", "overview.logins", logins, COUNT_OF(logins), true);
    show_captchas(b);
    show_took(b);
    show_counts(b, "locks", "overview.locks", locks, COUNT_OF(locks), true);
    show_counts(b, "tokens", "overview.tokens", tokens, COUNT_OF(tokens), true);
    show_counts(b, "live", "overview.live", live, COUNT_OF(live), false);
}

/* ---- The page ---------------------------------------------------------------------------------------- */

static const struct period {
    int64_t days; /* in ?days= */
    const char *key;
    enum stats_unit unit;
    size_t points;
} periods[] = {{2, "overview.hours48", STATS_HOURS, 48},
               {30, "overview.days30", STATS_DAYS, 30},
               {90, "overview.days90", STATS_DAYS, 90}};

static const struct period *choose_period(struct page *p)
{
    int64_t days = page_number(p, "days", 1, 90, 2);
    const struct period *chosen = &periods[0];
    for (size_t i = 0; i < COUNT_OF(periods); i++) {
        if (periods[i].days == days)
            chosen = &periods[i];
    }
    for (size_t i = 0; i < COUNT_OF(periods); i++) {
        struct view *item = view_item(p->view, "periods");
        view_number(item, "days", periods[i].days);
        view_text(item, "name", page_word(p, periods[i].key));
        view_flag(item, "current", &periods[i] == chosen);
    }
    return chosen;
}

enum err overview_show(struct page *p)
{
    const struct period *period = choose_period(p);
    struct stats *stats = NULL;
    enum err e = show_locks(p);
    if (e == ERR_OK)
        e = show_findings(p);
    if (e == ERR_OK)
        e = show_figures(p);
    if (e == ERR_OK)
        e = stats_read(p->app->db, period->unit, period->points, p->now_s, p->arena, &stats);
    if (e != ERR_OK)
        return e;
    struct board b = {.page = p, .stats = stats};
    for (size_t i = 0; i < stats->points; i++)
        if (!name_point(&b, i))
            return ERR_MEMORY;
    show_charts(&b);
    return page_show(p, "overview", 200);
}
