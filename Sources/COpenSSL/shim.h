// The system's OpenSSL, for certificate path validation only (RFC 8705 section 7.5: use an established validator).
#pragma once
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <openssl/pem.h>
