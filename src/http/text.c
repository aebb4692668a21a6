#include "http/text.h"

#include <stddef.h>

struct both {
    const char *text[SCRIPT_COUNT];
};

/* Outcomes without a row are the system's own trouble and say no more than that. */
static const struct both internal = {{"服务器内部错误", "伺服器內部錯誤"}};

static const struct both errs[ERR_COUNT] = {
    [ERR_OK] = {{"操作成功", "成功"}},
    [ERR_BAD_REQUEST] = {{"请求格式不正确", "請求格式不正確"}},
    [ERR_MISSING_PARAM] = {{"缺少参数", "缺少參數"}},
    [ERR_CONFLICTING_PARAM] = {{"参数重复或前后不一致", "參數重複或前後不一致"}},
    [ERR_BAD_SOURCE] = {{"来源不合法", "來源別不正確"}},
    [ERR_NO_SUCH_PATH] = {{"请求的路径不存在", "請求的路徑不存在"}},
    [ERR_METHOD_NOT_ALLOWED] = {{"不支持该请求方式", "不支援此請求方式"}},
    [ERR_TOO_LARGE] = {{"请求内容过大", "請求內容過大"}},
    [ERR_UNSUPPORTED_TYPE] = {{"不支持该Content-Type", "不支援此Content-Type"}},
    [ERR_CLIENT_UNKNOWN] = {{"客户端认证失败", "用戶端認證失敗"}},
    [ERR_CLIENT_SECRET] = {{"客户端认证失败", "用戶端認證失敗"}},
    [ERR_CLIENT_MISSING] = {{"客户端认证失败", "用戶端認證失敗"}},
    [ERR_GRANT_UNSUPPORTED] = {{"不支持该授权类型", "不支援此授權類型"}},
    [ERR_GRANT_NOT_ALLOWED] = {{"客户端无权使用该授权类型", "用戶端無權使用此授權類型"}},
    [ERR_SCOPE] = {{"客户端无权使用该scope", "用戶端無權使用此scope"}},
    [ERR_CAPTCHA] = {{"验证码不正确", "驗證碼不正確"}},
    [ERR_CAPTCHA_REQUIRED] = {{"请输入验证码", "請輸入驗證碼"}},
    [ERR_USER_UNKNOWN] = {{"用户名或密码错误", "帳號或密碼錯誤"}},
    [ERR_PASSWORD] = {{"用户名或密码错误", "帳號或密碼錯誤"}},
    [ERR_USER_LOCKED] = {{"用户名或密码错误", "帳號或密碼錯誤"}},
    [ERR_LOGIN_LOCKED] = {{"用户登录失败次数过多，请稍后再试", "登入失敗次數過多，請稍後再試"}},
    [ERR_TOKEN_MISSING] = {{"缺少令牌", "缺少權杖"}},
    [ERR_TOKEN_INVALID] = {{"令牌无效或已过期", "權杖無效或已過期"}},
    [ERR_REFRESH_INVALID] = {{"刷新令牌无效或已过期", "更新權杖無效或已過期"}},
    [ERR_PASSWORD_CONFIRM] = {{"两次输入的新密码不一致", "兩次輸入的新密碼不一致"}},
    [ERR_PASSWORD_SHORT] = {{"新密码过短", "新密碼過短"}},
    [ERR_PASSWORD_LONG] = {{"新密码过长", "新密碼過長"}},
    [ERR_PASSWORD_COMMON] = {{"新密码过于常见，请换一个", "新密碼過於常見，請換一個"}},
    [ERR_PASSWORD_ACCOUNT] = {{"新密码不能与账号相同", "新密碼不能與帳號相同"}},
    [ERR_PASSWORD_SM2] = {{"密码无法用本站的SM2密钥解密", "密碼無法以本站的SM2金鑰解密"}},
    [ERR_RATE] = {{"请求过于频繁，请稍后再试", "請求過於頻繁，請稍後再試"}},
    [ERR_FULL] = {{"系统繁忙，请稍后再试", "系統繁忙，請稍後再試"}},
    [ERR_BUSY] = {{"系统繁忙，请稍后再试", "系統繁忙，請稍後再試"}},
};

static const struct both details[DETAIL_COUNT] = {
    [DETAIL_JSON_MALFORMED] = {{"请求体不是合法的JSON", "請求內容不是合法的JSON"}},
    [DETAIL_JSON_OBJECT] = {{"请求体应为JSON对象", "請求內容應為JSON物件"}},
    [DETAIL_JSON_DUPLICATE] = {{"JSON中有重复的字段", "JSON中有重複的欄位"}},
    [DETAIL_JSON_DEPTH] = {{"JSON嵌套过深", "JSON巢狀過深"}},
    [DETAIL_TOO_MANY] = {{"参数过多", "參數過多"}},
    [DETAIL_TOO_LONG] = {{"过长", "過長"}},
    [DETAIL_NUL] = {{"请求体含有NUL字符", "請求內容含有NUL字元"}},
    [DETAIL_UTF8] = {{"请求体不是合法的UTF-8", "請求內容不是合法的UTF-8"}},
    [DETAIL_ENCODING] = {{"参数编码不正确", "參數編碼不正確"}},
    [DETAIL_LENGTH] = {{"Content-Length不正确", "Content-Length不正確"}},
    [DETAIL_STRING] = {{"应为字符串", "應為字串"}},
    [DETAIL_MD5_HEX] = {{"应为32位十六进制的MD5值", "應為32位十六進位的MD5值"}},
    [DETAIL_SM2_HEX] = {{"应为SM2密文的十六进制", "應為SM2密文的十六進位"}},
    [DETAIL_TENANT] = {{"应由字母、数字、-或_组成", "應由字母、數字、-或_組成"}},
    [DETAIL_TENANT_UNKNOWN] = {{"不是可用的租户", "不是可用的租戶"}},
    [DETAIL_CREDENTIALS] = {{"客户端凭证只能出现在一处", "用戶端憑證只能出現在一處"}},
    [DETAIL_QUERY_SECRET] = {{"不接受URL中的凭证", "不接受URL中的憑證"}},
};

const char *text_of(enum err e, enum script script)
{
    const char *text = (int)e >= 0 && e < ERR_COUNT ? errs[e].text[script] : NULL;
    return text != NULL ? text : internal.text[script];
}

void text_failure(const struct failure *f, enum script script, struct buf *out)
{
    static const struct both param = {{"参数", "參數"}};
    static const struct both empty = {{"不能为空", "不能為空"}};
    static const struct both conflict = {{"重复或前后不一致", "重複或前後不一致"}};
    const char *rest = NULL;
    if (f->err == ERR_MISSING_PARAM)
        rest = empty.text[script];
    else if (f->err == ERR_CONFLICTING_PARAM)
        rest = conflict.text[script];
    else if (f->err == ERR_BAD_REQUEST)
        rest = details[f->detail].text[script];
    if (rest == NULL || (f->field == NULL && f->err != ERR_BAD_REQUEST)) {
        buf_add_str(out, text_of(f->err, script));
        return;
    }
    if (f->field != NULL)
        buf_addf(out, "%s[%s]", param.text[script], f->field);
    buf_add_str(out, rest);
}
