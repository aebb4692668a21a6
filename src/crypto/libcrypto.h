/*
 * libcrypto's start, for the modules that need its providers: key pairs and SM2. Who only digests does
 * without. Depends on openssl, base/err.
 */
#ifndef CRYPTO_LIBCRYPTO_H
#define CRYPTO_LIBCRYPTO_H

#include "base/err.h"

/* Start libcrypto without the host's openssl.cnf, which may name providers of all kinds. Comes before the
 * first use of EVP; again costs nothing. ERR_OK, ERR_CRYPTO. */
enum err libcrypto_start(void);

#endif
