/*
 * What the pages share on which people are administered: whom a path names, how a change is written and recorded, and
 * the choices that forms offer.
 *
 * Depends on portal/page, store/user_store.
 */
#ifndef PORTAL_PEOPLE_H
#define PORTAL_PEOPLE_H

#include "portal/page.h"

/* Memory for listings, which forget each row behind the next: not the request's own. */
#define PEOPLE_ROWS_CAP ((size_t)256 * 1024)

/* How many tenants or groups a page has, at most, as rows or as choices. */
enum { PEOPLE_CHOICES_MAX = 500 };

/* The person whose id the path has. ERR_OK; ERR_NOT_FOUND; ERR_STORE; ERR_MEMORY. */
enum err people_find(struct page *p, struct user *out);

/* "user:000000/zhangsan", as the audit names a person; NULL: the arena is full. */
const char *people_subject(const struct page *p, const struct user *u);

/* "/admin/users/123", in the arena. */
const char *people_path(const struct page *p, const struct user *u);

/*
 * Do something to the database and record it as `action` on `subject`, both or neither, and only for whom is still
 * signed in and an administrator then. A NULL subject is ERR_MEMORY.
 * ERR_OK; ERR_FORBIDDEN; ERR_USER_NETWORK: whoever does it could not sign in again from where he is; what `act` returned; ERR_BUSY, ERR_STORE, ERR_NOT_DURABLE.
 */
typedef enum err people_act(struct page *p, void *ctx);
enum err people_change(struct page *p, people_act *act, void *ctx, const char *action, const char *subject);

/* The value of a field without blanks around it, in the arena; "" when that is full. */
const char *people_field(const struct page *p, const char *name);

/* Which of these names the field has; 0 for none of them. */
size_t people_choice(const struct page *p, const char *field, const char *const *names, size_t count);

/* The tenants and the groups, the first of them, into the lists `tenants` and `groups` (value, label, is_chosen); has_tenants, if there are
 * several, and has_groups. `chosen`: a tenant's id; comma-joined names of groups. */
enum err people_show_tenants(struct page *p, const char *chosen);
enum err people_show_groups(struct page *p, const char *chosen);

/* Lead to /prove, and from there to `path`, if the person has not typed the password lately; *led says so. */
enum err people_ask_proof(struct page *p, const char *path, bool *led);

/* The same: whether the answer leads to /prove, or fails with *e_out. A NULL path is ERR_MEMORY. */
bool people_is_led(struct page *p, const char *path, enum err *e_out);

/* page_show under the title of that key. */
enum err people_show(struct page *p, const char *name, const char *title, int status);

#endif
