/* The way in and out: the front page, signing in, signing out. */
#include "portal/pages.h"

enum err login_front(struct page *p)
{
    return page_go(p, p->has_session ? "/account" : "/login", NULL);
}
