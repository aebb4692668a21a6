/*
 * portal/device: what people recognise their devices by, over headers that real programs send.
 */
#include "unit.h"

#include "portal/device.h"

#define APPLE   "AppleWebKit/605.1.15 (KHTML, like Gecko)"
#define BLINK   "AppleWebKit/537.36 (KHTML, like Gecko)"
#define IPHONE  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) " APPLE
#define ANDROID "Mozilla/5.0 (Linux; Android 14; 23127PN0CC Build/UKQ1.230804.001; wv) " BLINK " Version/4.0 "
#define WINDOWS "Mozilla/5.0 (Windows NT 10.0; Win64; x64) " BLINK
#define MAC     "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) "

static const struct {
    const char *user_agent, *name;
} cases[] = {
    {WINDOWS " Chrome/138.0.0.0 Safari/537.36", "Chrome 138 · Windows"},
    {WINDOWS " Chrome/138.0.0.0 Safari/537.36 Edg/138.0.3351.77", "Edge 138 · Windows"},
    {"Mozilla/5.0 (Linux; Android 10; K) " BLINK " Chrome/138.0.0.0 Mobile Safari/537.36 EdgA/138.0.0.0",
     "Edge 138 · Android"},
    {WINDOWS " Chrome/138.0.0.0 Safari/537.36 OPR/120.0.0.0", "Opera 120 · Windows"},
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
     "Firefox 140 · Windows"},
    {"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox 140 · Linux"},
    {"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) " BLINK " Chrome/138.0.0.0 Safari/537.36",
     "Chrome 138 · ChromeOS"},
    {"Mozilla/5.0 (X11; Linux x86_64) " BLINK " HeadlessChrome/138.0.0.0 Safari/537.36",
     "Chrome 138 · Linux"},
    {MAC APPLE " Version/18.5 Safari/605.1.15", "Safari 18 · macOS"},
    {IPHONE " Version/18.5 Mobile/15E148 Safari/604.1", "Safari 18 · iPhone"},
    {IPHONE " CriOS/138.0.7204.119 Mobile/15E148 Safari/604.1", "Chrome 138 · iPhone"},
    {IPHONE " FxiOS/140.0 Mobile/15E148 Safari/605.1.15", "Firefox 140 · iPhone"},
    {"Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X) " APPLE " Version/17.7 Mobile/15E148 Safari/604.1",
     "Safari 17 · iPad"},
    {"Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", "Internet Explorer · Windows"},
    /* in apps */
    {IPHONE " Mobile/15E148 MicroMessenger/8.0.60(0x18003c2a) NetType/WIFI Language/zh_CN",
     "微信 8 · iPhone"},
    {ANDROID "Chrome/130.0.6723.103 Mobile Safari/537.36 XWEB/1300333 MMWEBSDK/20250201 "
             "MicroMessenger/8.0.58.2841(0x28003A3F) WeChat/arm64 Weixin NetType/4G Language/zh_CN ABI/arm64",
     "微信 8 · Android"},
    {WINDOWS " Chrome/116.0.0.0 Safari/537.36 NetType/WIFI MicroMessenger/7.0.20.1781(0x6700143B) "
             "WindowsWechat(0x63090c33) XWEB/14185 Flue",
     "微信 7 · Windows"},
    {ANDROID "Chrome/86.0.4240.99 XWEB/4317 MMWEBSDK/20221011 Mobile Safari/537.36 wxwork/4.1.0 "
             "MicroMessenger/7.0.1 NetType/WIFI Language/zh ColorScheme/Light",
     "企业微信 4 · Android"},
    {IPHONE " Mobile/15E148 AliApp(DingTalk/7.6.55) com.laiwang.DingTalk/41736421 Channel/201200 "
            "language/zh-Hans-CN",
     "钉钉 7 · iPhone"},
    {WINDOWS
     " Chrome/91.0.4472.124 Safari/537.36 dingtalk-win/1.0.0 nw(0.14.7) DingTalk(7.0.40-Release.7059111)",
     "钉钉 7 · Windows"},
    {MAC BLINK " Chrome/130.0.0.0 Safari/537.36 Lark/7.45.8 LarkLocale/zh_CN Feishu SDK-Version/7.45.7",
     "飞书 7 · macOS"},
    {ANDROID
     "Chrome/98.0.4758.102 MQQBrowser/6.2 TBS/046291 Mobile Safari/537.36 V1_AND_SQ_8.9.85_4766_YYB_D "
     "QQ/8.9.85.12820 NetType/WIFI WebP/0.3.0 AppId/537180568 Pixel/1080",
     "QQ 8 · Android"},
    {"Mozilla/5.0 (Linux; U; Android 13; zh-cn; V2171A Build/TP1A.220624.014) " BLINK
     " Version/4.0 Chrome/109.0.5414.86 MQQBrowser/15.1 Mobile Safari/537.36 COVC/046713",
     "QQ 浏览器 15 · Android"},
    {"Mozilla/5.0 (Linux; U; Android 12; zh-CN; JSN-AL00a) " BLINK
     " Version/4.0 Chrome/100.0.4896.58 UCBrowser/16.5.8.1306 Mobile Safari/537.36",
     "UC 浏览器 16 · Android"},
    {WINDOWS " Chrome/108.0.5359.95 Safari/537.36 QIHU 360SE", "360 浏览器 · Windows"},
    {"Mozilla/5.0 (Windows NT 10.0; WOW64) " BLINK " Chrome/80.0.3987.87 Safari/537.36 SE 2.X MetaSr 1.0",
     "搜狗浏览器 · Windows"},
    {"Mozilla/5.0 (Phone; OpenHarmony 5.0) " BLINK " Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile "
     "HuaweiBrowser/5.1.5.302",
     "华为浏览器 5 · 鸿蒙"},
    {"Mozilla/5.0 (Linux; Android 12; HarmonyOS; NOH-AN00; HMSCore 6.15.0.302) " BLINK
     " Chrome/114.0.5735.196 HuaweiBrowser/16.0.7.301 Mobile Safari/537.36",
     "华为浏览器 16 · 鸿蒙"},
    {"Mozilla/5.0 (Linux; U; Android 14; zh-cn; 23127PN0CC) " BLINK
     " Version/4.0 Chrome/119.0.6045.193 Mobile Safari/537.36 XiaoMi/MiuiBrowser/19.2.820624",
     "小米浏览器 19 · Android"},
    /* not browsers, and halves of a name */
    {"curl/8.5.0", "curl 8"},
    {"python-requests/2.31.0", "python-requests 2"},
    {"Mozilla/5.0 (Linux; Android 14)", "Android"},
    {"Chrome/99999999999999", "Chrome"},
};

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf out;
        buf_init(&out);
        assert_case(device_name(cases[i].user_agent, SCRIPT_SIMPLIFIED, &out), "%s", cases[i].user_agent);
        assert_case(strcmp(buf_str(&out), cases[i].name) == 0, "%s: %s", cases[i].user_agent, buf_str(&out));
        buf_free(&out);
    }
}

static void test_names_by_language(void **state)
{
    (void)state;
    static const char *const names[SCRIPT_COUNT] = {"钉钉 7 · iPhone", "釘釘 7 · iPhone",
                                                    "DingTalk 7 · iPhone"};
    for (int script = 0; script < SCRIPT_COUNT; script++) {
        struct buf out;
        buf_init(&out);
        assert_true(device_name(IPHONE " AliApp(DingTalk/7.6.55)", (enum script)script, &out));
        assert_string_equal(buf_str(&out), names[script]);
        buf_free(&out);
    }
}

static void test_what_says_nothing(void **state)
{
    (void)state;
    static const char *const nothing[] = {"", "Mozilla/5.0", "<script>alert(1)</script>", "curl", "\xE5\xBE"};
    for (size_t i = 0; i < COUNT_OF(nothing); i++) {
        struct buf out;
        buf_init(&out);
        assert_case(!device_name(nothing[i], SCRIPT_ENGLISH, &out) && out.len == 0, "%s", nothing[i]);
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_names_by_language),
        cmocka_unit_test(test_what_says_nothing),
    };
    return cmocka_run_group_tests_name("device", tests, NULL, NULL);
}
