// The system's OpenSSL: certificate path validation (RFC 8705 section 7.5: use an established validator), certificates and keys of every form.
#pragma once
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

// Swift does not import OpenSSL's function-like macros; these are the few that are needed.

static inline STACK_OF(X509) *holdfast_x509_stack(void) { return sk_X509_new_null(); }
// Takes over the caller's reference where it succeeds.
static inline int holdfast_x509_stack_push(STACK_OF(X509) *stack, X509 *certificate) { return sk_X509_push(stack, certificate) > 0; }
static inline int holdfast_x509_stack_count(const STACK_OF(X509) *stack) { return stack ? sk_X509_num(stack) : 0; }
static inline X509 *holdfast_x509_stack_at(const STACK_OF(X509) *stack, int index) { return sk_X509_value(stack, index); }
static inline void holdfast_x509_stack_free(STACK_OF(X509) *stack) { sk_X509_pop_free(stack, X509_free); }

static inline STACK_OF(X509_CRL) *holdfast_crl_stack(void) { return sk_X509_CRL_new_null(); }
static inline int holdfast_crl_stack_push(STACK_OF(X509_CRL) *stack, X509_CRL *list) { return sk_X509_CRL_push(stack, list) > 0; }
static inline void holdfast_crl_stack_free(STACK_OF(X509_CRL) *stack) { sk_X509_CRL_pop_free(stack, X509_CRL_free); }
static inline long holdfast_crl_entries(X509_CRL *list) {
    STACK_OF(X509_REVOKED) *revoked = X509_CRL_get_REVOKED(list);
    return revoked ? sk_X509_REVOKED_num(revoked) : 0;
}

// RFC 9608: its issuer publishes nothing about its revocation.
static inline int holdfast_has_no_revocation(const X509 *certificate) {
    ASN1_OBJECT *object = OBJ_txt2obj("2.5.29.56", 1);
    int place = object ? X509_get_ext_by_OBJ(certificate, object, -1) : -1;
    ASN1_OBJECT_free(object);
    return place >= 0;
}

// Names and addresses of hosts in subjectAltName.
static inline int holdfast_names_hosts(const X509 *certificate) {
    GENERAL_NAMES *names = (GENERAL_NAMES *)X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    int count = 0;
    for (int index = 0; index < sk_GENERAL_NAME_num(names); index++) {
        int type = sk_GENERAL_NAME_value(names, index)->type;
        if (type == GEN_DNS || type == GEN_IPADD) count++;
    }
    GENERAL_NAMES_free(names);
    ERR_clear_error();
    return count;
}

// RFC 2253 text with control characters and non-ASCII escaped, so that no name can break a line of output.
static inline int holdfast_print_name(BIO *out, const X509_NAME *name) { return X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253); }
static inline long holdfast_memory_contents(BIO *memory, char **contents) { return BIO_get_mem_data(memory, contents); }
static inline int holdfast_error_is_end_of_pem(unsigned long error) {
    return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

// subjectAltName, to be freed with GENERAL_NAMES_free; NULL where it is absent (`*found` is -1) or cannot be read (it is something else).
static inline GENERAL_NAMES *holdfast_alternative_names(const X509 *certificate, int *found) {
    return (GENERAL_NAMES *)X509_get_ext_d2i(certificate, NID_subject_alt_name, found, NULL);
}
static inline int holdfast_general_names_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }
// GEN_DNS and its like; the octets of those kinds that are plain ones, NULL for others.
static inline int holdfast_general_name(const GENERAL_NAMES *names, int index, const unsigned char **octets, int *count) {
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
    const ASN1_STRING *text = NULL;
    if (!name) return -1;
    if (name->type == GEN_DNS || name->type == GEN_EMAIL || name->type == GEN_URI) text = name->d.ia5;
    if (name->type == GEN_IPADD) text = name->d.ip;
    *octets = text ? ASN1_STRING_get0_data(text) : NULL;
    *count = text ? ASN1_STRING_length(text) : 0;
    return name->type;
}
