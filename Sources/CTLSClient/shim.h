// The system's OpenSSL as a TLS client, for `holdfast probe` alone: it resumes sessions as an attacker would, which NIOSSL has no way to do.
#pragma once
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// Swift does not import OpenSSL's function-like macros; these are the few that are needed.

static inline int holdfast_limit_version(SSL *ssl, int version) {
    return SSL_set_min_proto_version(ssl, version) == 1 && SSL_set_max_proto_version(ssl, version) == 1;
}
static inline int holdfast_name_server(SSL *ssl, const char *name) { return SSL_set_tlsext_host_name(ssl, (char *)name) == 1; }
static inline EVP_PKEY *holdfast_new_p256_key(void) { return EVP_EC_gen("P-256"); }
