/*
 * Keys and signatures for test_jws.c. The three keys and the rfc_ signatures are those of RFC 7515 §A.2
 * (RS256) and §A.3 (ES256) and RFC 8037 §A.1 and §A.4 (Ed25519); keys as base64 of PKCS #8 DER. The own_
 * tokens carry the payload of RFC 7515 under this program's header with the kid 0123456789abcdef, and were
 * signed with these keys by another library (pyca/cryptography 38).
 */
#ifndef JWS_VECTORS_H
#define JWS_VECTORS_H

static const char rsa_pkcs8[] =
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCh+BYK4uPJtGXOjS1lYmM2K5J9vinh8CR3/BYlzJChNuOL2TSX"
    "xbbqY913EeZ8dCn5VrD7io8ImtxLaYk8wTM/U+3QGbh3hCUv7JFP5IV3aVlL6kKA0ywPVb9ilE8TA5a8bpvfbr3SvaNnjuygxmj3"
    "AbONv/s4yDQs4v5tJ/reSlpIdJed1LnPmt7Ex1sFhSwsD174pcF1A5L5ROjtZMEQxrZHYJqkeDrrnGya11UxMFBji4NmXG9veoKj"
    "lnAqH2QbgtPr8jkiGUkftoaHLFcW9Qr4NY2ai50Xw0Byj3+H2JoY2PyrZ62EWQwuz3WTOTY8BwNNb2BvniHgVFbK5emhAgMBAAEC"
    "ggEAEq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7/GQ5sLKMgvfTeXZx9SE+7YwVol2NXOoAJe"
    "46sui395IW/GO+pWJ1O0BkTGoVEn2bKVRUCgu+GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M/V51gfpRLI9JYanr"
    "C4D4qAdGcopV/0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl/x/jTj3ccPDVZFD9pIuhLhBOneuf"
    "uBiB4cS98l2SR/RQyGWSeWjnczT0QU91p1DhOVRuOopznQKBgQDgHMQQ60imZV1URk0KpLttoLhyt3SmqdEf/kgHePDdtzEafpAu"
    "+cS191R2JiuoF2yzWXnwFDcqGigp5BNr0AHQfD8/Lk8l1Mk09jxxCfui5nYooNyac8YFjm3vItzVCVDnEd3BbVWG8qf6deqElMGA"
    "g+C2V0L4oNXnP7LZcPAZRwKBgQC5A8R+CZW2MvRTLLHzwZkUXV866cff7tx6kqa0finGG0KgeqlaZPxgCZnFp7AeAcCMtiynVlJ7"
    "vMVgePsLq6XtON4tB5kP9jAPrq3rbAOal78eUH5OcED6eNuCV8ixEu1eWcPNCS/l1OW1EnXUEoEHKl54Xrrz2uNwkgMTP1FZ1wKB"
    "gAcCn1dwJKufzBWQxWQp1vsM5fggqPN1qGb5y0MAk3g7/Ls5bkUp5u9SN0Ai3Ya6hNnvWJMb7sXQX6U/zyO2M/hTip7tUeh7CXgw"
    "o59dkpN75gJLVds29+DAncu3KXU4f2Fa+7bLNrur53k8KwPOq2bbuTG69QtV7Jr5MR0AHWKNAoGBAIf/evpitUf+4JYbLpvNXWcY"
    "052Mpz22aR84mY3nh3F2LF2mjMJDpTg7FmuyPcVw6EcGyoAe9fa65iNqCq+jdw6PVNGo2hxfjSiZ8IIzHdsPXI89//pMjZcQK9r+"
    "CCoRjaZjOYiIDktVWZzmevJuv6WywUqd57LE3Zar3dLSIkx1AoGAIYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd+DlcxyVuuM9s"
    "QLdgjVk2oy26F0EmpScGLq2MowX7fhd/QJQ3ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp/gh6A56"
    "03k2+ZQwVK0JKSHuLFkuQ3U=";
static const char p256_pkcs8[] =
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIffH1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/"
    "zc4ncPbEXUGDy+5v20t7WAczNXvp7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt";
static const char ed25519_pkcs8[] = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";
static const char rsa_spki[] =
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd/wWJcyQoTbji9k0l8W26mPd"
    "dxHmfHQp+Vaw+4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMsD1W/YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb/7"
    "OMg0LOL+bSf63kpaSHSXndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9k"
    "G4LT6/I5IhlJH7aGhyxXFvUK+DWNmoudF8NAco9/h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQIDAQAB";
static const char rsa_n[] =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-"
    "yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-"
    "bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-"
    "UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-"
    "DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
static const char rfc_rs256[] =
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-"
    "0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--"
    "f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqt"
    "FZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77"
    "Rw";
static const char rfc_es256[] =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
static const char rfc_eddsa[] =
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
static const char own_rs256[] =
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6IjAxMjM0NTY3ODlhYmNkZWYifQ.eyJpc3MiOiJqb2UiLA0KICJleHAiO"
    "jEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.aPXN3BHTunpocISO3nO4xCEVngkTCVz6HA"
    "-RJDRl2j3hEQgV6LjRX2s6CZ309rzm4guSFAuLezZX0zEEK18siIS-sSGgJMwedu-"
    "kjZ9QmyL1AtXRR_8tZbskLpOpc7S2Hfb1BFymYDX_6Z8CAM3PV3mKvbYb-nB6vuunwQqp4XEHal-hS592uta052lpdhAJ_dDO98U"
    "DUGDwB_qyomrmD4xG3UwlHU9n7VnPnRSJQfLw5sJdtbKOtX2L8f-4Ivx8_2g8KKh0F_Gyvvow9C3XCZ-"
    "wj12s5Lm4lPSwuwZXUdlMhhXQuUUh6paOM0PrnlRwtVUVEzA2jIdcZubl7djbWQ";
static const char own_eddsa[] =
    "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCIsImtpZCI6IjAxMjM0NTY3ODlhYmNkZWYifQ.eyJpc3MiOiJqb2UiLA0KICJleHAiO"
    "jEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.PYl81hDlfow1AIA_G5yUzfUPeNUZdgPu2Q"
    "0MzvH-Ml8k7reAZoDst_aOr_xDjsuZm9TeGbYXHbsmBef44dszDw";
static const char own_es256[] =
    "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6IjAxMjM0NTY3ODlhYmNkZWYifQ.eyJpc3MiOiJqb2UiLA0KICJleHAiO"
    "jEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.SUe-R-"
    "LBhD4-2zF0sbhdksphnqnSf9LKTJyVMzVhhLGEe_F6BnFifa8-lTGKcDO8aeUttkhlfwMy0Y9GykfEfw";
static const char es256_der[] =
    "MEUCIElHvkfiwYQ-PtsxdLG4XZLKYZ6p0n_SykyclTM1YYSxAiEAhHvxegZxYn2vPpUxinAzvGnlLbZIZX8DMtGPRspHxH8";
static const char own_es256_zero0[] =
    "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6IjAxMjM0NTY3ODlhYmNkZWYifQ.eyJpc3MiOiJqb2UiLA0KICJleHAiO"
    "jEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.AFidM-"
    "AGFyFdl3HbpGALt0Iq-G1w3IKG0VVfiE1u4bC-UnnhJ3rfLACBrZN5q6gqliW0L0XYUO7L_Ud9QGXAdA";
static const char own_es256_zero32[] =
    "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6IjAxMjM0NTY3ODlhYmNkZWYifQ.eyJpc3MiOiJqb2UiLA0KICJleHAiO"
    "jEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.TYgkfu-"
    "7TafhSz92i1P59a73n6qS9jJRCmnsTDAwB7AAgVQ9UG5hRmeAihkK_Q_rJb8EcwAVkQ1N2rY3F3do7A";
static const char rsa1024[] =
    "MIICeAIBADANBgkqhkiG9w0BAQEFAASCAmIwggJeAgEAAoGBAKn0yUtIsDhZyFzeJ/2SQac88tJMjJOuQYhBeEsZZ8PHwm5+PmYG"
    "uZOZyDlZz5+CO81Swcq6E079Xcvf8PyiZ4vW47XjOiP28GrAozd9vFfAwsUihpjzalve3cgb5HDpcedblxy6x/o2opkAWdFjEs/c"
    "tf/m6JS4bXQsS+UNXbofAgMBAAECgYEAhU4nBRHChrCFY7Isk8vACzjXDPRV3w/y/ri7bcxDg2CPtLL4pnXn4UnhrnovS+GOnoGm"
    "1ygUNQSuKVdBYibQJ6teYhnJw9jWu0zhpEEDY9vfiV6/7uO/hDNk7MlPciabRJ13l3qQCFsDnpx5R2h/1T4t8ULxzz9+/bn3+zZq"
    "jkECQQDdV/PeqHD+0Tav8SMQvwGWHFYHEquJgSgM0b98cUtfjBqmUP9A4bbDvzsrpZA2s0uG0BxDC2CffXADLxE23niJAkEAxJEW"
    "2+RSXHMCPuMJ/njCrY01U3aRlMm/fUyOQlwKmIMoFJK5pKbNPpi8WpJAKx80WBz+EgKGGqjVcSMYuzyjZwJBALJbMfaEEnEykneZ"
    "vmC7GQMlmCig4bquaWBTD5KuFEdMtRi5gcV9W/FFwd88zQVW2pAqV+uqWlSKFl1qatukzskCQGFOne1PEwKXIIZ3KExkBaOaospl"
    "iN4KHZRuoIHzRH+Jdf7xP5tlw3b4b0261q9CLExuVcwembp61+bBBA40j4MCQQDa4y42uC8RiYjd47Cj3sO9HcJlqAX5efNX1DTY"
    "Omelf5V+j+fZzCFe4ZPpoGrxtD8hRuQuszkjzvzeWuglPBcR";
static const char p384[] =
    "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDAn+r0citriNWOud5TJftAHDSuksUhCYnaJMmLRp0WX/82XZDfwLU98"
    "yibnMB7D5FehZANiAATBYlPsgXhzieSJxBCFughQ67z8cxhRi26/qBjrRWzWKr2FNt9yW5nB4u3qGPJRRwyhDwf3eQ5zaZr8CRgp"
    "+icbNKzyUTy5Z2pwMugfmGkHjtM/3qGUOznq3ehbsWwKT8A=";

#endif
