#include "admin/import.h"

#include <stdlib.h>
#include <string.h>

#include "admin/groups.h"
#include "admin/text.h"
#include "admin/users.h"
#include "auth/browser.h"
#include "auth/history.h"
#include "auth/policy.h"
#include "base/account.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/secure.h"
#include "store/tenant_store.h"

#define ARENA_CAP ((size_t)2048 * 1024 * 1024)

#define IMPORT_MANY_PASSWORDS                                                                                \
    "too many passwords to hash at once; give password_hash, or import the file on the command line"

struct import_entry {
    size_t line;
    bool given[PEOPLE_COLUMNS]; /* what the file says of the person */
    bool exists;                /* the account is there; user.id is its id */
    bool is_same;               /* and is as the file says */
    struct user user;
    const char *groups; /* comma-joined names */
};

/* ---- Faults, and doubts ---- */

/* Room for one more of `size` bytes in the array *at of `count`. ERR_OK, ERR_MEMORY. */
static enum err make_room(void **at, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return ERR_OK;
    size_t wanted = *room == 0 ? 1024 : *room * 2;
    void *grown = reallocarray(*at, wanted, size);
    if (grown == NULL)
        return ERR_MEMORY;
    *at = grown;
    *room = wanted;
    return ERR_OK;
}

/* Keep what is to say of a line; all of it is shown in the end, in the order of the lines. */
static enum err add_note(struct import *im, struct import_notes *notes, size_t line, const char *what)
{
    void *at = notes->at;
    enum err e = make_room(&at, notes->count, &notes->room, sizeof *notes->at);
    notes->at = at;
    const char *kept = e == ERR_OK ? arena_strdup(&im->arena, what) : NULL;
    if (kept == NULL)
        return ERR_MEMORY;
    notes->at[notes->count++] = (struct import_note){line, kept};
    return ERR_OK;
}

static enum err tell(struct import *im, size_t line, const char *what)
{
    return add_note(im, &im->faults, line, what);
}

/* "password_hash: bcrypt of cost 31 …" */
static enum err tell_column(struct import *im, size_t line, enum people_column column, const char *what)
{
    const char *text = arena_printf(&im->scratch, "%s: %s", people_column_name(column), what);
    enum err e = text != NULL ? tell(im, line, text) : ERR_MEMORY;
    return e == ERR_OK ? ERR_BAD_REQUEST : e;
}

/* ---- Checking one person. ERR_BAD_REQUEST: a fault was told ---- */

/* `good` is how a check of the column went, which filled `why`; that is released. */
static enum err tell_why(struct import *im, size_t line, enum people_column column, enum err good,
                         struct buf *why)
{
    if (good == ERR_BAD_REQUEST)
        good = tell_column(im, line, column, buf_str(why));
    buf_free(why);
    return good;
}

static enum err check_account(struct import *im, const struct person *p, struct import_entry *e)
{
    const char *given = p->value[PEOPLE_ACCOUNT];
    char folded[ACCOUNT_FOLDED_CAP];
    struct buf why;
    if (given == NULL || given[0] == '\0')
        return tell_column(im, p->line, PEOPLE_ACCOUNT, "missing");
    buf_init(&why);
    enum err good = users_new_account(given, &im->arena, &e->user.account, &why);
    good = tell_why(im, p->line, PEOPLE_ACCOUNT, good, &why);
    if (good != ERR_OK)
        return good;
    bool is_folded = account_fold(e->user.account, folded);
    e->user.account_folded = arena_strdup(&im->arena, is_folded ? folded : e->user.account);
    return e->user.account_folded != NULL ? ERR_OK : ERR_MEMORY;
}

static enum err check_tenant(struct import *im, const struct person *p, struct import_entry *e)
{
    const char *id = p->value[PEOPLE_TENANT];
    struct tenant tenant;
    e->user.tenant_id = id != NULL && id[0] != '\0' ? id : im->rules.tenant_id;
    if (im->known_tenant != NULL && strcmp(im->known_tenant, e->user.tenant_id) == 0)
        return ERR_OK;
    enum err found = tenant_store_get(im->app->db, e->user.tenant_id, &im->scratch, &tenant);
    if (found == ERR_NOT_FOUND)
        return tell_column(im, p->line, PEOPLE_TENANT, "no such tenant; make it with: menshen tenant add");
    if (found == ERR_OK)
        im->known_tenant = e->user.tenant_id;
    return found;
}

static enum err check_flag(struct import *im, const struct person *p, enum people_column column, bool *out,
                           struct import_entry *e)
{
    const char *value = p->value[column];
    if (value == NULL || value[0] == '\0')
        return ERR_OK;
    if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
        return tell_column(im, p->line, column, "expected yes or no");
    e->given[column] = true;
    *out = value[0] == 'y';
    return ERR_OK;
}

static enum err check_changed(struct import *im, const struct person *p, struct import_entry *e)
{
    const char *value = p->value[PEOPLE_PASSWORD_CHANGED];
    int64_t *at = &e->user.password_changed_s;
    if (value == NULL || value[0] == '\0')
        return ERR_OK;
    e->given[PEOPLE_PASSWORD_CHANGED] = true;
    if ((!codec_parse_int(value, 0, INT64_MAX / 1000, at) && !clock_parse_local(value, at)) ||
        *at > im->now_s + 86400)
        return tell_column(im, p->line, PEOPLE_PASSWORD_CHANGED,
                           "expected Unix seconds or YYYY-MM-DD HH:MM:SS, not in the future");
    return ERR_OK;
}

/* Whether it has the very form of a verifier of this site's cost, as the decoy has. */
static bool is_ours(const struct import *im, const char *verifier)
{
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *model = im->app->decoy_hash;
    if (password_needs_rehash(verifier, app_password_cost(im->app)) || strlen(verifier) != strlen(model))
        return false;
    size_t head = (size_t)(strstr(model, ",p=") - model);
    head += strcspn(model + head, "$");
    for (const char *v = verifier + head, *m = model + head; *v != '\0'; v++, m++)
        if ((*m == '$') != (*v == '$') || (*v != '$' && strchr(base64, *v) == NULL))
            return false;
    return true;
}

static enum err check_verifier(struct import *im, const struct person *p, struct import_entry *e)
{
    char form[PASSWORD_STORED_CAP];
    struct buf why;
    buf_init(&why);
    /* What this site makes itself it takes back, whatever it costs. */
    enum err good = is_ours(im, p->value[PEOPLE_PASSWORD_HASH])
                        ? ERR_OK
                        : password_check_verifier(p->value[PEOPLE_PASSWORD_HASH], &why);
    if (good == ERR_OK)
        good = password_stored_form(p->value[PEOPLE_PASSWORD_HASH], form);
    if (good == ERR_BAD_REQUEST && why.len == 0)
        buf_add_str(&why, "malformed");
    if (good == ERR_OK) {
        e->user.password_hash = arena_strdup(&im->arena, form);
        good = e->user.password_hash != NULL ? ERR_OK : ERR_MEMORY;
    }
    secure_wipe(form, sizeof form);
    return tell_why(im, p->line, PEOPLE_PASSWORD_HASH, good, &why);
}

static enum err hash_plain(struct import *im, const struct password *password, struct import_entry *e)
{
    char hash[PASSWORD_HASH_CAP];
    if (im->rules.is_preview)
        return ERR_OK;
    enum err good = password_hash(app_password_cost(im->app), password->md5_hex, hash);
    if (good != ERR_OK)
        return good;
    e->user.password_hash = arena_strdup(&im->arena, hash);
    secure_wipe(hash, sizeof hash);
    return e->user.password_hash != NULL ? ERR_OK : ERR_MEMORY;
}

static enum err check_plain(struct import *im, const struct person *p, struct import_entry *e)
{
    struct password password = {0};
    struct buf why;
    const char *plain = p->value[PEOPLE_PASSWORD];
    if (im->rules.passwords_max > 0 && ++im->passwords > im->rules.passwords_max)
        return tell_column(im, p->line, PEOPLE_PASSWORD, IMPORT_MANY_PASSWORDS);
    if (!im->rules.as_typed && password_looks_like_verifier(plain))
        return tell_column(im, p->line, PEOPLE_PASSWORD,
                           "looks like a hash, not like a password as it is typed; name the column "
                           "password_hash, or give --passwords-as-typed if people really type this");
    enum err good = text_fault(plain, strlen(plain)) == NULL ? ERR_OK : ERR_BAD_REQUEST;
    if (good == ERR_OK)
        good = password_of_plain(plain, strlen(plain), &password);
    if (good == ERR_OK)
        good = policy_check(&im->app->cfg, e->user.account, &password);
    buf_init(&why);
    if (!e->given[PEOPLE_PASSWORD_EXPIRED]) /* whoever typed the file knows it */
        e->user.password_expired = im->app->cfg.policy.change_at_first_login;
    if (good == ERR_OK)
        good = hash_plain(im, &password, e);
    else if (users_password_fault(&im->app->cfg, good, &why))
        good = ERR_BAD_REQUEST;
    password_wipe(&password);
    return tell_why(im, p->line, PEOPLE_PASSWORD, good, &why);
}

/* Either a verifier or the password; somebody who is there already needs neither. */
static enum err check_password(struct import *im, const struct person *p, struct import_entry *e)
{
    const char *hash = p->value[PEOPLE_PASSWORD_HASH], *plain = p->value[PEOPLE_PASSWORD];
    bool has_hash = hash != NULL && hash[0] != '\0', has_plain = plain != NULL && plain[0] != '\0';
    e->given[PEOPLE_PASSWORD_HASH] = has_hash || has_plain;
    e->is_same = e->is_same && !has_hash && !has_plain;
    if (has_hash && has_plain)
        return tell_column(im, p->line, PEOPLE_PASSWORD, "given beside password_hash; expected one of them");
    if (has_hash)
        return check_verifier(im, p, e);
    if (has_plain)
        return check_plain(im, p, e);
    return e->exists ? ERR_OK
                     : tell_column(im, p->line, PEOPLE_PASSWORD_HASH, "missing; a new account needs one");
}

/* An id of its own: nobody else's, and not another one than the account has. */
static enum err check_id(struct import *im, const struct person *p, struct import_entry *e)
{
    const char *value = p->value[PEOPLE_USER_ID];
    struct user there;
    int64_t id = 0;
    if (value == NULL || value[0] == '\0')
        return ERR_OK;
    if (!codec_parse_int(value, 1, INT64_MAX, &id))
        return tell_column(im, p->line, PEOPLE_USER_ID, "expected a whole number of at most 19 digits");
    if (e->exists && e->user.id != id)
        return tell_column(im, p->line, PEOPLE_USER_ID,
                           "the account has another one, which cannot be changed");
    if (e->exists)
        return ERR_OK;
    enum err found = user_store_get(im->app->db, id, &im->scratch, &there);
    if (found == ERR_OK)
        return tell_column(im, p->line, PEOPLE_USER_ID, "another account has it");
    e->given[PEOPLE_USER_ID] = true;
    e->user.id = id;
    return found == ERR_NOT_FOUND ? ERR_OK : found;
}

static enum err doubt(struct import *im, const struct import_entry *e, const char *other)
{
    const char *what = arena_printf(&im->scratch, USERS_LOOKALIKE, e->user.account, other);
    return what != NULL ? add_note(im, &im->doubts, e->line, what) : ERR_MEMORY;
}

static enum err doubt_if_like_another(struct import *im, const struct import_entry *e)
{
    struct user other;
    enum err found =
        user_store_lookalike(im->app->db, e->user.tenant_id, e->user.account, &im->scratch, &other);
    return found == ERR_OK ? doubt(im, e, other.account) : found == ERR_NOT_FOUND ? ERR_OK : found;
}

static bool are_same_lists(const char *a, const char *b)
{
    size_t len = strlen(a);
    if (len != strlen(b))
        return false;
    for (size_t n; *a != '\0'; a += n + (a[n] == ',')) {
        n = strcspn(a, ",");
        if (!config_list_has(b, a, n))
            return false;
    }
    return true;
}

/* Whether what the file says of the person is so already. A password, or its time, it does not compare. */
static enum err compare(struct import *im, const struct user *there, struct import_entry *e)
{
    const struct user *u = &e->user;
    const char *groups = "";
    bool same = !e->given[PEOPLE_PASSWORD_CHANGED] &&
                (!e->given[PEOPLE_LOCKED] || u->locked == there->locked) &&
                (!e->given[PEOPLE_PASSWORD_EXPIRED] || u->password_expired == there->password_expired) &&
                (!e->given[PEOPLE_EMAIL_VERIFIED] || u->email_verified == there->email_verified);
    for (size_t i = 0; same && i < USER_TEXT_COUNT; i++)
        same = !e->given[PEOPLE_TEXTS + i] || strcmp(user_text_of(u, i), user_text_of(there, i)) == 0;
    enum err found =
        e->given[PEOPLE_GROUPS] ? group_store_of_user(im->app->db, there->id, &im->scratch, &groups) : ERR_OK;
    e->is_same = same && (!e->given[PEOPLE_GROUPS] || are_same_lists(e->groups, groups));
    return found;
}

/* Whether the account is there already, and may be. */
static enum err check_existing(struct import *im, const struct person *p, struct import_entry *e)
{
    struct user there;
    enum err found =
        user_store_find_exact(im->app->db, e->user.tenant_id, e->user.account, &im->scratch, &there);
    if (found == ERR_NOT_FOUND)
        return doubt_if_like_another(im, e);
    if (found != ERR_OK)
        return found;
    e->exists = true;
    e->user.id = there.id;
    return im->rules.update ? compare(im, &there, e)
                            : tell_column(im, p->line, PEOPLE_ACCOUNT, "there already; --update changes it");
}

static enum err check_texts(struct import *im, const struct person *p, struct import_entry *e)
{
    enum err good = ERR_OK;
    for (size_t i = 0; good == ERR_OK && i < USER_TEXT_COUNT; i++) {
        enum people_column column = PEOPLE_TEXTS + i;
        const char *value = p->value[column];
        struct buf why;
        e->given[column] = value != NULL;
        buf_init(&why);
        good = users_set_text(&e->user, i, value != NULL ? value : "", &im->arena, &why);
        good = tell_why(im, p->line, column, good, &why);
    }
    return good;
}

static enum err no_group(struct import *im, const struct person *p, const char *name)
{
    const char *what = arena_printf(&im->scratch, "no such group: %s; make it with: menshen group add", name);
    return what != NULL ? tell_column(im, p->line, PEOPLE_GROUPS, what) : ERR_MEMORY;
}

/* Groups that are there. Each name is looked up once for the file, as tenants are, while rows name the same. */
static enum err check_groups(struct import *im, const struct person *p, struct import_entry *e)
{
    const char *value = p->value[PEOPLE_GROUPS];
    struct user_group group;
    enum err good = ERR_OK;
    e->given[PEOPLE_GROUPS] = value != NULL;
    e->groups = value != NULL ? text_tidy_list(&im->arena, value) : "";
    if (e->groups == NULL)
        return ERR_MEMORY;
    if (im->known_groups != NULL && strcmp(im->known_groups, e->groups) == 0)
        return ERR_OK;
    for (const char *at = e->groups; good == ERR_OK && *at != '\0';) {
        size_t len = strcspn(at, ",");
        const char *name = arena_strndup(&im->scratch, at, len);
        good = name != NULL ? group_store_get(im->app->db, name, &im->scratch, &group) : ERR_MEMORY;
        if (good == ERR_NOT_FOUND)
            return no_group(im, p, name);
        at += len + (at[len] == ',');
    }
    if (good == ERR_OK)
        im->known_groups = e->groups;
    return good;
}

static enum err check(struct import *im, const struct person *p, struct import_entry *e)
{
    *e = (struct import_entry){.line = p->line,
                               .user = {.password_changed_s = im->now_s, .created_s = im->now_s}};
    enum err good = check_account(im, p, e);
    if (good == ERR_OK)
        good = check_tenant(im, p, e);
    if (good == ERR_OK)
        good = check_texts(im, p, e);
    if (good == ERR_OK)
        good = check_flag(im, p, PEOPLE_LOCKED, &e->user.locked, e);
    if (good == ERR_OK)
        good = check_flag(im, p, PEOPLE_PASSWORD_EXPIRED, &e->user.password_expired, e);
    if (good == ERR_OK)
        good = check_flag(im, p, PEOPLE_EMAIL_VERIFIED, &e->user.email_verified, e);
    if (good == ERR_OK)
        good = check_groups(im, p, e);
    if (good == ERR_OK)
        good = check_changed(im, p, e);
    if (good == ERR_OK)
        good = check_existing(im, p, e);
    if (good == ERR_OK)
        good = check_id(im, p, e);
    if (good == ERR_OK)
        good = check_password(im, p, e);
    return good;
}

/* ---- Reading the file ---- */

static enum err add_entry(struct import *im)
{
    void *at = im->entries;
    enum err e = make_room(&at, im->count, &im->room, sizeof *im->entries);
    im->entries = at;
    return e;
}

/* What the first pass finds: every person, as the file says it. Checking is a pass of its own, with a bar. */
struct persons {
    struct import *im;
    struct person *at; /* owned */
    size_t count, room;
};

static enum err take_person(void *ctx, const struct person *p)
{
    struct persons *all = ctx;
    void *at = all->at;
    if (all->im->rules.people_max > 0 && all->count == all->im->rules.people_max)
        return ERR_TOO_LARGE;
    enum err e = make_room(&at, all->count, &all->room, sizeof *all->at);
    all->at = at;
    if (e == ERR_OK)
        all->at[all->count++] = *p;
    return e;
}

static enum err tell_of_line(void *ctx, size_t line, const char *what)
{
    struct persons *all = ctx;
    return tell(all->im, line, what);
}

static enum err check_all(struct import *im, const struct persons *all)
{
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < all->count; i++) {
        e = add_entry(im);
        if (e == ERR_OK)
            e = check(im, &all->at[i], &im->entries[im->count]);
        im->count += e == ERR_OK;
        if (e == ERR_BAD_REQUEST)
            e = ERR_OK;
        arena_reset(&im->scratch);
        im->watch.step(im->watch.ctx, "Checking", i + 1, all->count);
    }
    return e;
}

static int compare_notes(const void *a, const void *b)
{
    const struct import_note *x = a, *y = b;
    return x->line < y->line ? -1 : x->line > y->line;
}

static void sort_notes(struct import_notes *notes)
{
    if (notes->count > 0)
        qsort(notes->at, notes->count, sizeof *notes->at, compare_notes);
}

static int compare_entries(const void *a, const void *b)
{
    const struct import_entry *x = a, *y = b;
    int order = strcmp(x->user.tenant_id, y->user.tenant_id);
    if (order == 0)
        order = strcmp(x->user.account, y->user.account);
    return order != 0 ? order : x->line < y->line ? -1 : x->line > y->line;
}

static int compare_lines(const void *a, const void *b)
{
    const struct import_entry *x = a, *y = b;
    return x->line < y->line ? -1 : x->line > y->line;
}

/* An account that stands in the file twice: the later line is wrong, and left out. */
static enum err drop_doubled(struct import *im)
{
    enum err e = ERR_OK;
    size_t kept = 0;
    if (im->count == 0)
        return ERR_OK;
    qsort(im->entries, im->count, sizeof *im->entries, compare_entries);
    for (size_t i = 0; e == ERR_OK && i < im->count; i++) {
        const struct import_entry *last = kept > 0 ? &im->entries[kept - 1] : NULL, *this = &im->entries[i];
        if (last == NULL || strcmp(last->user.tenant_id, this->user.tenant_id) != 0 ||
            strcmp(last->user.account, this->user.account) != 0) {
            im->entries[kept++] = *this;
            continue;
        }
        const char *what = arena_printf(&im->scratch, "stands in line %zu already", last->line);
        e = what != NULL ? tell_column(im, this->line, PEOPLE_ACCOUNT, what) : ERR_MEMORY;
        if (e == ERR_BAD_REQUEST)
            e = ERR_OK;
    }
    im->count = kept;
    return e;
}

static int compare_folded(const void *a, const void *b)
{
    const struct import_entry *x = a, *y = b;
    int order = strcmp(x->user.tenant_id, y->user.tenant_id);
    if (order == 0)
        order = strcmp(x->user.account_folded, y->user.account_folded);
    return order != 0 ? order : compare_lines(a, b);
}

/* Accounts of the file that differ in case or width only from another of the file. */
static enum err doubt_lookalikes(struct import *im)
{
    enum err e = ERR_OK;
    if (im->count > 0)
        qsort(im->entries, im->count, sizeof *im->entries, compare_folded);
    for (size_t i = 1; e == ERR_OK && i < im->count; i++) {
        const struct user *last = &im->entries[i - 1].user, *this = &im->entries[i].user;
        if (strcmp(last->tenant_id, this->tenant_id) == 0 &&
            strcmp(last->account_folded, this->account_folded) == 0)
            e = doubt(im, &im->entries[i], last->account);
        arena_reset(&im->scratch);
    }
    if (im->count > 0)
        qsort(im->entries, im->count, sizeof *im->entries, compare_lines);
    return e;
}

/* What of it there is, for the report. */
static void count_entries(struct import *im)
{
    for (size_t i = 0; i < im->count; i++) {
        const char *hash = im->entries[i].user.password_hash;
        im->existing += im->entries[i].exists;
        im->unchanged += im->entries[i].is_same;
        im->unseen += hash != NULL && password_needs_plain(hash);
    }
}

enum err import_read(struct import *im, enum people_format format, const char *text, size_t len)
{
    struct persons all = {.im = im};
    struct people_reader reader = {.person = take_person, .fault = tell_of_line, .ctx = &all};
    enum err e = people_read(format, text, len, &im->arena, &reader);
    if (e == ERR_OK)
        e = check_all(im, &all);
    if (e == ERR_OK)
        e = drop_doubled(im);
    if (e == ERR_OK)
        e = doubt_lookalikes(im);
    free(all.at);
    sort_notes(&im->faults);
    sort_notes(&im->doubts);
    count_entries(im);
    return e;
}

void import_rows(const struct import *im, size_t max, import_each *each, void *ctx)
{
    for (size_t i = 0; i < im->count && i < max; i++) {
        const struct import_entry *e = &im->entries[i];
        each(ctx, &(struct import_row){.line = e->line,
                                       .user = &e->user,
                                       .groups = e->groups,
                                       .outcome = !e->exists   ? IMPORT_ADDED
                                                  : e->is_same ? IMPORT_UNCHANGED
                                                               : IMPORT_CHANGED});
    }
}

/* ---- Writing ---- */

static enum err update(struct import *im, const struct import_entry *e)
{
    struct user u;
    struct db *db = im->app->db;
    bool has_password = e->given[PEOPLE_PASSWORD_HASH];
    enum err done = user_store_get(db, e->user.id, &im->scratch, &u);
    if (done != ERR_OK)
        return done;
    for (size_t i = 0; i < USER_TEXT_COUNT; i++)
        if (e->given[PEOPLE_TEXTS + i])
            *user_text_at(&u, i) = user_text_of(&e->user, i);
    if (has_password)
        done = history_set_password(im->app, u.id, e->user.password_hash, e->user.password_changed_s);
    if (has_password || e->given[PEOPLE_PASSWORD_EXPIRED])
        u.password_expired = e->user.password_expired;
    if (has_password || e->given[PEOPLE_PASSWORD_CHANGED])
        u.password_changed_s = e->user.password_changed_s;
    if (e->given[PEOPLE_LOCKED] && u.locked && !e->user.locked)
        u.unlocked_s = im->now_s;
    if (done == ERR_OK && e->given[PEOPLE_LOCKED] && e->user.locked && !u.locked)
        done = groups_check_last_admin(db, u.id);
    u.locked = e->given[PEOPLE_LOCKED] ? e->user.locked : u.locked;
    if (e->given[PEOPLE_EMAIL_VERIFIED])
        u.email_verified = e->user.email_verified;
    if (done == ERR_OK)
        done = user_store_set(db, &u);
    /* Not by that row alone, in which another address than before is not verified. */
    if (done == ERR_OK && e->given[PEOPLE_EMAIL_VERIFIED] && e->user.email_verified)
        done = user_store_verify_email(db, u.id, u.email);
    if (done == ERR_OK && (has_password || u.locked))
        done = browser_end_person(db, u.id, 0, 0, im->now_s);
    return done;
}

/* Ids are consecutive: of a hundred thousand random ones from the same moment two might be the same. */
enum err import_write(struct import *im)
{
    int64_t id = 0;
    enum err e = users_new_id(&id);
    for (size_t i = 0; e == ERR_OK && i < im->count; i++) {
        struct import_entry *entry = &im->entries[i];
        if (!entry->exists && !entry->given[PEOPLE_USER_ID])
            entry->user.id = id++;
        e = entry->exists ? update(im, entry) : user_store_put(im->app->db, &entry->user);
        if (e == ERR_OK && entry->given[PEOPLE_GROUPS])
            e = groups_set_of_user(im->app->db, entry->user.id, entry->groups, &im->scratch);
        if (e == ERR_EXISTS && entry->exists)
            im->last_admin_line = entry->line;
        else if (e == ERR_EXISTS || e == ERR_NOT_FOUND)
            im->overtaken_line = entry->line;
        arena_reset(&im->scratch);
        im->watch.step(im->watch.ctx, "Writing", i + 1, im->count);
    }
    return e;
}

/* ---- Encodings ---- */

#define ENCODING_ADVICE                                                                                      \
    "give --encoding gbk (simplified Chinese) or --encoding big5 (traditional), or save it as \"CSV UTF-8\""

/* Whether the file was said to be GBK or Big5, and is not. */
static bool is_misnamed(const enum encoding *from, const struct buf *file)
{
    return from != NULL && (*from == ENCODING_GBK || *from == ENCODING_GB18030 || *from == ENCODING_BIG5) &&
           encoding_is_chinese_utf8(file->data, file->len);
}

enum err import_decode(const enum encoding *from, struct buf *file, size_t *line_out, struct buf *why)
{
    enum encoding found = from != NULL ? *from : ENCODING_UTF8;
    bool sure = from != NULL || encoding_of_mark(file->data, file->len, &found);
    struct buf text;
    if (is_misnamed(from, file)) {
        *line_out = 0;
        buf_add_str(
            why, "UTF-8 already, and its names would be garbled: leave --encoding away, or give --encoding "
                 "utf-8; if it is not UTF-8 all the same, convert it first");
        return ERR_BAD_REQUEST;
    }
    buf_init(&text);
    enum err e = encoding_to_utf8(found, file->data, file->len, &text, line_out);
    if (e == ERR_BAD_REQUEST) {
        buf_add_str(why, sure ? "a character that is not of the encoding"
                              : "not UTF-8; if Excel wrote it, " ENCODING_ADVICE);
    } else if (e == ERR_OK && !sure && encoding_is_doubtful(file->data, file->len)) {
        *line_out = 0;
        buf_add_str(why, "UTF-8 by accident only, it seems: its names would be garbled; " ENCODING_ADVICE
                         "; if it is UTF-8 all the same, --encoding utf-8");
        e = ERR_BAD_REQUEST;
    }
    buf_free(file);
    *file = text;
    return e;
}

/* ---- Life ---- */

void import_init(struct import *im, struct app *app, const struct import_rules *rules, int64_t now_s,
                 const struct watch *watch)
{
    *im = (struct import){.app = app, .rules = *rules, .watch = *watch, .now_s = now_s};
    arena_init(&im->arena, ARENA_CAP);
    arena_init(&im->scratch, ARENA_CAP);
}

void import_fini(struct import *im)
{
    arena_fini(&im->scratch);
    arena_fini(&im->arena);
    free(im->entries);
    free(im->faults.at);
    free(im->doubts.at);
}
