#include "portal/device.h"

#include <stddef.h>
#include <string.h>

struct device_row {
    const char *token;              /* in the header */
    const char *name[SCRIPT_COUNT]; /* NULL: as in the first script */
    bool hides_version;             /* of something else, or of no use */
};

/*
 * Most browsers claim to be others too ("Mozilla/5.0 … Chrome/138 Safari/537.36 Edg/138"): the first row that is found
 * wins, what is most particular stands first.
 */
static const struct device_row programs[] = {
    {"wxwork/", {"企业微信", "企業微信", "WeCom"}, false},
    {"MicroMessenger/", {"微信", "微信", "WeChat"}, false},
    {"DingTalk/", {"钉钉", "釘釘", "DingTalk"}, false},
    {"DingTalk(", {"钉钉", "釘釘", "DingTalk"}, false},
    {"Lark/", {"飞书", "飛書", "Feishu"}, false},
    {"Feishu/", {"飞书", "飛書", "Feishu"}, false},
    {"AlipayClient/", {"支付宝", "支付寶", "Alipay"}, false},
    {"baiduboxapp/", {"百度", "百度", "Baidu"}, false},
    {"Weibo (", {"微博", "微博", "Weibo"}, true},
    {"__weibo__", {"微博", "微博", "Weibo"}, true},
    {" QQ/", {"QQ", NULL, NULL}, false}, /* its pages run in QQ Browser's engine */
    {"MQQBrowser/", {"QQ 浏览器", "QQ 瀏覽器", "QQ Browser"}, false},
    {"QQBrowser/", {"QQ 浏览器", "QQ 瀏覽器", "QQ Browser"}, false},
    {"UCBrowser/", {"UC 浏览器", "UC 瀏覽器", "UC Browser"}, false},
    {"UCWEB/", {"UC 浏览器", "UC 瀏覽器", "UC Browser"}, true},
    {"UBrowser/", {"UC 浏览器", "UC 瀏覽器", "UC Browser"}, false},
    {"QihooBrowser/", {"360 浏览器", "360 瀏覽器", "360 Browser"}, true},
    {"QHBrowser/", {"360 浏览器", "360 瀏覽器", "360 Browser"}, true},
    {"360SE", {"360 浏览器", "360 瀏覽器", "360 Browser"}, true},
    {"360EE", {"360 浏览器", "360 瀏覽器", "360 Browser"}, true},
    {"SogouMobileBrowser/", {"搜狗浏览器", "搜狗瀏覽器", "Sogou Browser"}, false},
    {"SogouMSE", {"搜狗浏览器", "搜狗瀏覽器", "Sogou Browser"}, true},
    {"MetaSr", {"搜狗浏览器", "搜狗瀏覽器", "Sogou Browser"}, true},
    {"Quark/", {"夸克", "夸克", "Quark"}, false},
    {"Qaxbrowser", {"奇安信浏览器", "奇安信瀏覽器", "Qi-Anxin Browser"}, true},
    {"HuaweiBrowser/", {"华为浏览器", "華為瀏覽器", "Huawei Browser"}, false},
    {"MiuiBrowser/", {"小米浏览器", "小米瀏覽器", "Mi Browser"}, false},
    {"VivoBrowser/", {"vivo 浏览器", "vivo 瀏覽器", "vivo Browser"}, false},
    {"HeyTapBrowser/", {"OPPO 浏览器", "OPPO 瀏覽器", "OPPO Browser"}, false},
    {"SamsungBrowser/", {"三星浏览器", "三星瀏覽器", "Samsung Internet"}, false},
    {"ArkWeb/", {"ArkWeb", NULL, NULL}, false},
    {"EdgA/", {"Edge", NULL, NULL}, false},
    {"EdgiOS/", {"Edge", NULL, NULL}, false},
    {"Edg/", {"Edge", NULL, NULL}, false},
    {"Edge/", {"Edge", NULL, NULL}, false},
    {"OPR/", {"Opera", NULL, NULL}, false},
    {"YaBrowser/", {"Yandex", NULL, NULL}, false},
    {"Vivaldi/", {"Vivaldi", NULL, NULL}, false},
    {"FxiOS/", {"Firefox", NULL, NULL}, false},
    {"Firefox/", {"Firefox", NULL, NULL}, false},
    {"CriOS/", {"Chrome", NULL, NULL}, false},
    {"HeadlessChrome/", {"Chrome", NULL, NULL}, false},
    {"Chrome/", {"Chrome", NULL, NULL}, false},
    {"Trident/", {"Internet Explorer", NULL, NULL}, true},
    {"MSIE ", {"Internet Explorer", NULL, NULL}, false},
    {"Version/", {"Safari", NULL, NULL}, false}, /* the others that write Version/ stand above */
    {"curl/", {"curl", NULL, NULL}, false},
    {"Wget/", {"Wget", NULL, NULL}, false},
    {"python-requests/", {"python-requests", NULL, NULL}, false},
    {"PostmanRuntime/", {"Postman", NULL, NULL}, false},
    {"okhttp/", {"okhttp", NULL, NULL}, false},
    {"Go-http-client/", {"Go", NULL, NULL}, true},
    {"Java/", {"Java", NULL, NULL}, false},
};

/* The numbers of Windows and macOS in the header are frozen, and Android's is by now: none is shown. */
static const struct device_row systems[] = {
    {"OpenHarmony", {"鸿蒙", "鴻蒙", "HarmonyOS"}, true},
    {"HarmonyOS", {"鸿蒙", "鴻蒙", "HarmonyOS"}, true},
    {"Windows Phone", {"Windows Phone", NULL, NULL}, true},
    {"Windows", {"Windows", NULL, NULL}, true},
    {"iPhone", {"iPhone", NULL, NULL}, true},
    {"iPad", {"iPad", NULL, NULL}, true},
    {"Android", {"Android", NULL, NULL}, true},
    {"Macintosh", {"macOS", NULL, NULL}, true},
    {"CrOS", {"ChromeOS", NULL, NULL}, true},
    {"Linux", {"Linux", NULL, NULL}, true},
};

#define ROWS(table) table, sizeof(table) / sizeof(table)[0]

/* The first row whose token is there, and what stands behind it; NULL: none. */
static const struct device_row *find(const char *user_agent, const struct device_row *rows, size_t count,
                                     const char **behind_out)
{
    for (size_t i = 0; i < count; i++) {
        const char *at = strstr(user_agent, rows[i].token);
        if (at != NULL) {
            *behind_out = at + strlen(rows[i].token);
            return &rows[i];
        }
    }
    return NULL;
}

static void add_name(const struct device_row *row, enum script script, struct buf *out)
{
    buf_add_str(out, row->name[script] != NULL ? row->name[script] : row->name[0]);
}

bool device_name(const char *user_agent, enum script script, struct buf *out)
{
    enum { DIGITS_MAX = 4 };
    const char *version = "", *unused;
    const struct device_row *program = find(user_agent, ROWS(programs), &version);
    const struct device_row *system = find(user_agent, ROWS(systems), &unused);
    if (program != NULL) {
        add_name(program, script, out);
        size_t digits = program->hides_version ? 0 : strspn(version, "0123456789");
        if (digits > 0 && digits <= DIGITS_MAX) {
            buf_add_char(out, ' ');
            buf_add(out, version, digits);
        }
    }
    if (program != NULL && system != NULL)
        buf_add_str(out, " · ");
    if (system != NULL)
        add_name(system, script, out);
    return program != NULL || system != NULL;
}
