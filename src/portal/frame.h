/*
 * What the layouts show around a page: its title, links that show it in another language.
 * Depends on portal/page.
 */
#ifndef PORTAL_FRAME_H
#define PORTAL_FRAME_H

#include "portal/page.h"

/*
 * Add to p->view, for the page `name`, behind what the page itself put there:
 *
 *   title      the text NAME.title, unless the page has given a title of its own
 *   lang_base  address of this page up to "lang="; the answer of a form has none of its own, and the page may say in
 *              "self" ("/login") which it stands for; else the front page
 */
void frame_add(struct page *p, const char *name);

/* The path of the request below the portal's prefix: what {{u …}} and page_go put the mount before. Borrowed. */
const char *frame_path(const struct page *p);

#endif
