/*
 * Pages out of templates: src/portal/pages/NAME.html, embedded into the program at build time.
 *
 *   {{name}}           the text of that name, escaped for text and for quoted attributes alike; "" if there is none
 *   {{a.b}}  {{.}}     member b of the map a; the item itself, of a list of texts (its member ".")
 *   {{#name}}…{{/name}}  if the value is there, is not "" and not false; for each item of a list; within a map
 *   {{^name}}…{{/name}}  if it is not
 *   {{>name}}          the template NAME.html in this place
 *   {{>content}}       in a layout: the page
 *   {{t login.title}}  the text of that key in the page's language (portal/words.h), escaped; in it {name} stands for
 *                      the value of that name
 *   {{t ?name}}        the text whose key is the value of that name ("user.lock"), the value itself if there is none
 *   {{u /admin/users}} the address of that path of the portal, wherever it is mounted
 *   {{!remark}}
 *
 * The first line of a page names its layout: {{<card}} or {{<site}}. Names are looked for from the innermost map
 * outwards. A tag that stands alone on its line leaves no line behind.
 *
 * Depends on portal/view, portal/words, base/buf.
 */
#ifndef PORTAL_TEMPLATE_H
#define PORTAL_TEMPLATE_H

#include "http/text.h"
#include "portal/view.h"

/* An embedded file; text NULL behind the last one. */
struct template_file {
    const char *name; /* "login" */
    const char *text;
};
extern const struct template_file template_files[];

/*
 * Append the page `name`, within its layout, in `script`.
 *
 * mount  what goes before paths of {{u …}}: "" or "/cgi-bin/menshen.fcgi".
 *
 * ERR_OK; ERR_INTERNAL (no such template, or it is broken: a unit test shows every page); ERR_MEMORY.
 */
enum err template_render(const char *name, enum script script, const char *mount, const struct view *view,
                         struct buf *out);

/* The same of a template that is given, without a layout. */
enum err template_expand(const char *text, enum script script, const char *mount, const struct view *view,
                         struct buf *out);

/* Append `text`, escaped for HTML text and for quoted attributes. */
void template_escape(const char *text, struct buf *out);

#endif
