#include "crypto/libcrypto.h"

#include <openssl/crypto.h>

enum err libcrypto_start(void)
{
    return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1 ? ERR_OK : ERR_CRYPTO;
}
