#include "auth/site_key.h"

#include "base/secure.h"

static enum err make(struct app *app)
{
    unsigned char key[SM2_KEY_LEN];
    enum err e = sm2_generate(key);
    if (e == ERR_OK)
        e = db_begin(app->db, DB_DURABLE);
    if (e == ERR_OK)
        e = db_end(app->db, setting_store_put_new(app->db, SETTING_SM2_KEY, key, sizeof key));
    secure_wipe(key, sizeof key);
    return e;
}

enum err site_key_sm2(struct app *app, unsigned char key_out[SM2_KEY_LEN])
{
    enum err e = setting_store_get(app->db, SETTING_SM2_KEY, key_out, SM2_KEY_LEN);
    if (e != ERR_NOT_FOUND)
        return e;
    e = make(app);
    if (e == ERR_EXISTS)
        e = db_sync(app->db); /* another process was faster, and may be waiting for the disk yet */
    if (e == ERR_OK)
        e = setting_store_get(app->db, SETTING_SM2_KEY, key_out, SM2_KEY_LEN);
    return e;
}
