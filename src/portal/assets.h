/*
 * The portal's style sheet and script: embedded, and served below a name that changes with the content, so that
 * browsers keep them for ever. Depends on nothing.
 */
#ifndef PORTAL_ASSETS_H
#define PORTAL_ASSETS_H

struct asset {
    const char *name; /* "style-0123456789ab.css" */
    const char *text;
};
extern const struct asset asset_css, asset_js;

#endif
