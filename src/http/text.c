#include "http/text.h"

#include <stddef.h>

struct said {
    const char *text[SCRIPT_COUNT];
};

/* Outcomes without a row are the system's own trouble and say no more than that. */
static const struct said internal = {{"服务器内部错误", "伺服器內部錯誤", "internal error"}};

static const struct said errs[ERR_COUNT] = {
    [ERR_OK] = {{"操作成功", "成功", "done"}},
    [ERR_BAD_REQUEST] = {{"请求格式不正确", "請求格式不正確", "the request is malformed"}},
    [ERR_MISSING_PARAM] = {{"缺少参数", "缺少參數", "a parameter is missing"}},
    [ERR_CONFLICTING_PARAM] = {{"参数重复或前后不一致", "參數重複或前後不一致",
                                "a parameter is repeated or has two values"}},
    [ERR_BAD_SOURCE] = {{"来源不合法", "來源別不正確", "the source is not allowed"}},
    [ERR_NO_SUCH_PATH] = {{"请求的路径不存在", "請求的路徑不存在", "no such path"}},
    [ERR_METHOD_NOT_ALLOWED] = {{"不支持该请求方式", "不支援此請求方式", "the method is not allowed here"}},
    [ERR_TOO_LARGE] = {{"请求内容过大", "請求內容過大", "the request is too large"}},
    [ERR_SLOW] = {{"请求未在规定时间内发送完毕", "請求未在規定時間內傳送完畢",
                   "the request did not arrive in time"}},
    [ERR_UNSUPPORTED_TYPE] = {{"不支持该Content-Type", "不支援此Content-Type",
                               "the Content-Type is not supported here"}},
    [ERR_FORBIDDEN] = {{"只有管理员（admins 组的成员）能打开这个页面",
                        "只有管理員（admins 群組的成員）能開啟這個頁面",
                        "only administrators, the members of the group admins, may open this page"}},
    [ERR_FORM] = {{"表单已失效，请返回后重新提交", "表單已失效，請返回後重新提交",
                   "the form is out of date, go back and send it again"}},
    [ERR_CLIENT_UNKNOWN] = {{"客户端认证失败", "用戶端認證失敗", "client authentication failed"}},
    [ERR_CLIENT_SECRET] = {{"客户端认证失败", "用戶端認證失敗", "client authentication failed"}},
    [ERR_CLIENT_MISSING] = {{"客户端认证失败", "用戶端認證失敗", "client authentication failed"}},
    [ERR_GRANT_UNSUPPORTED] = {{"不支持该授权类型", "不支援此授權類型", "the grant type is not supported"}},
    [ERR_GRANT_NOT_ALLOWED] = {{"客户端无权使用该授权类型", "用戶端無權使用此授權類型",
                                "the client may not use this grant type"}},
    [ERR_SCOPE] = {{"客户端无权使用该scope", "用戶端無權使用此scope", "the scope exceeds what was granted"}},
    [ERR_CAPTCHA] = {{"验证码不正确", "驗證碼不正確", "the captcha answer is not right"}},
    [ERR_CAPTCHA_REQUIRED] = {{"请输入验证码", "請輸入驗證碼", "a captcha is required"}},
    [ERR_USER_UNKNOWN] = {{"用户名或密码错误", "帳號或密碼錯誤", "username or password is not right"}},
    [ERR_PASSWORD] = {{"用户名或密码错误", "帳號或密碼錯誤", "username or password is not right"}},
    [ERR_USER_LOCKED] = {{"用户名或密码错误", "帳號或密碼錯誤", "username or password is not right"}},
    [ERR_USER_UNUSED] = {{"用户名或密码错误", "帳號或密碼錯誤", "username or password is not right"}},
    [ERR_USER_NETWORK] = {{"用户名或密码错误", "帳號或密碼錯誤", "username or password is not right"}},
    [ERR_PASSWORD_EXPIRED] = {{"密码已过期，请先在登录门户修改密码", "密碼已過期，請先在登入入口網站變更密碼",
                               "the password has expired, change it in the portal first"}},
    [ERR_LOGIN_LOCKED] = {{"用户登录失败次数过多，请稍后再试", "登入失敗次數過多，請稍後再試",
                           "too many failed logins, try again later"}},
    [ERR_TOKEN_MISSING] = {{"缺少令牌", "缺少權杖", "the token is missing"}},
    [ERR_TOKEN_INVALID] = {{"令牌无效或已过期", "權杖無效或已過期", "the token is invalid or expired"}},
    [ERR_TOKEN_FOREIGN] = {{"令牌属于其他客户端", "權杖屬於其他用戶端",
                            "the token was issued to another client"}},
    [ERR_REFRESH_INVALID] = {{"刷新令牌无效或已过期", "更新權杖無效或已過期",
                              "the refresh token is invalid or expired"}},
    [ERR_PASSWORD_CONFIRM] = {{"两次输入的新密码不一致", "兩次輸入的新密碼不一致",
                               "the new passwords differ"}},
    [ERR_PASSWORD_SHORT] = {{"新密码过短", "新密碼過短", "the new password is too short"}},
    [ERR_PASSWORD_LONG] = {{"新密码过长", "新密碼過長", "the new password is too long"}},
    [ERR_PASSWORD_COMMON] = {{"新密码过于常见，请换一个", "新密碼過於常見，請換一個",
                              "the new password is too common"}},
    [ERR_PASSWORD_ACCOUNT] = {{"新密码不能与账号相同", "新密碼不能與帳號相同",
                               "the new password is the account"}},
    [ERR_PASSWORD_KINDS] = {{"新密码须包含更多种类的字符（大写字母、小写字母、数字、符号）",
                             "新密碼須包含更多種類的字元（大寫字母、小寫字母、數字、符號）",
                             "the new password has too few kinds of characters (upper case, lower case, "
                             "digits, others)"}},
    [ERR_PASSWORD_REUSED] = {{"新密码不能与最近用过的密码相同", "新密碼不能與最近用過的密碼相同",
                              "the new password was used before"}},
    [ERR_PASSWORD_HIDDEN] = {{"只收到新密码的MD5，无法检查其是否符合规则，请在登录门户修改密码",
                              "只收到新密碼的MD5，無法檢查其是否符合規則，請在登入入口網站變更密碼",
                              "only the MD5 of the new password came, change it in the portal"}},
    [ERR_PASSWORD_SM2] = {{"密码无法用本站的SM2密钥解密", "密碼無法以本站的SM2金鑰解密",
                           "the password is not encrypted to the SM2 key of this site"}},
    [ERR_RATE] = {{"请求过于频繁，请稍后再试", "請求過於頻繁，請稍後再試",
                   "too many requests, try again later"}},
    [ERR_FULL] = {{"系统繁忙，请稍后再试", "系統繁忙，請稍後再試", "the server is busy, try again later"}},
    [ERR_BUSY] = {{"系统繁忙，请稍后再试", "系統繁忙，請稍後再試", "the server is busy, try again later"}},
    [ERR_DOWN] = {{"服务暂不可用，请联系管理员", "服務暫不可用，請聯絡管理員",
                   "the service is not available"}},
};

static const struct said details[DETAIL_COUNT] = {
    [DETAIL_JSON_MALFORMED] = {{"请求体不是合法的JSON", "請求內容不是合法的JSON",
                                "the body is not valid JSON"}},
    [DETAIL_JSON_OBJECT] = {{"请求体应为JSON对象", "請求內容應為JSON物件", "the body is not a JSON object"}},
    [DETAIL_JSON_DUPLICATE] = {{"JSON中有重复的字段", "JSON中有重複的欄位",
                                "the JSON has duplicate members"}},
    [DETAIL_JSON_DEPTH] = {{"JSON嵌套过深", "JSON巢狀過深", "the JSON is nested too deep"}},
    [DETAIL_TOO_MANY] = {{"参数过多", "參數過多", "too many parameters"}},
    [DETAIL_TOO_LONG] = {{"过长", "過長", "is too long"}},
    [DETAIL_NUL] = {{"请求体含有NUL字符", "請求內容含有NUL字元", "the body has a NUL"}},
    [DETAIL_UTF8] = {{"请求体不是合法的UTF-8", "請求內容不是合法的UTF-8", "the body is not valid UTF-8"}},
    [DETAIL_MULTIPART] = {{"请求体不是合法的multipart/form-data", "請求內容不是合法的multipart/form-data",
                           "the body is not valid multipart/form-data"}},
    [DETAIL_FILE] = {{"不能是文件", "不能是檔案", "is a file"}},
    [DETAIL_ENCODING] = {{"参数编码不正确", "參數編碼不正確", "the parameters are not encoded right"}},
    [DETAIL_LENGTH] = {{"Content-Length不正确", "Content-Length不正確", "the Content-Length is not right"}},
    [DETAIL_STRING] = {{"应为字符串", "應為字串", "is not a string"}},
    [DETAIL_MD5_HEX] = {{"应为32位十六进制的MD5值", "應為32位十六進位的MD5值",
                         "is not an MD5 of 32 hex digits"}},
    [DETAIL_SM2_HEX] = {{"应为SM2密文的十六进制", "應為SM2密文的十六進位",
                         "is not an SM2 ciphertext in hex"}},
    [DETAIL_TENANT] = {{"应由字母、数字、-或_组成", "應由字母、數字、-或_組成",
                        "is not made of letters, digits, - and _"}},
    [DETAIL_TENANT_UNKNOWN] = {{"不是可用的租户", "不是可用的租戶", "names no tenant that can be used"}},
    [DETAIL_CREDENTIALS] = {{"客户端凭证只能出现在一处", "用戶端憑證只能出現在一處",
                             "client credentials stand in two places"}},
    [DETAIL_QUERY_SECRET] = {{"不接受URL中的凭证", "不接受URL中的憑證", "is not accepted in the URL"}},
};

const char *text_of(enum err e, enum script script)
{
    const char *text = (int)e >= 0 && e < ERR_COUNT ? errs[e].text[script] : NULL;
    return text != NULL ? text : internal.text[script];
}

void text_failure(const struct failure *f, enum script script, struct buf *out)
{
    static const struct said param = {{"参数[", "參數[", "parameter "}};
    static const struct said param_end = {{"]", "]", " "}};
    static const struct said empty = {{"不能为空", "不能為空", "is missing"}};
    static const struct said conflict = {
        {"重复或前后不一致", "重複或前後不一致", "is repeated or has two values"}};
    const char *rest = NULL;
    if (f->text != NULL) {
        buf_add_str(out, f->text);
        return;
    }
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
        buf_addf(out, "%s%s%s", param.text[script], f->field, param_end.text[script]);
    buf_add_str(out, rest);
}
