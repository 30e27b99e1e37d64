// The system's OpenSSL: certificate path validation (RFC 8705 section 7.5: use an established validator), certificates and keys of every form.
#pragma once
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/ocsp.h>
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
// The last entry, which is the caller's then.
static inline X509_REVOKED *holdfast_crl_pop(X509_CRL *list) {
    STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(list);
    return entries ? sk_X509_REVOKED_pop(entries) : NULL;
}
// What about an entry changes what OpenSSL makes of its list.
#define HOLDFAST_REVOKED_REMOVAL 1       // removeFromCRL, in a delta list: it is on the base list no more
#define HOLDFAST_REVOKED_CRITICAL 2      // an extension that nobody may ignore
#define HOLDFAST_REVOKED_UNREADABLE 4    // a reason that is none
#define HOLDFAST_REVOKED_OF_ANOTHER 8    // it names an issuer
static inline int holdfast_revoked_kind(const X509_REVOKED *entry) {
    int kind = 0, count = sk_X509_EXTENSION_num(X509_REVOKED_get0_extensions(entry)), critical = -1;
    if (count <= 0) return 0;
    for (int index = 0; index < count; index++) {
        X509_EXTENSION *extension = X509_REVOKED_get_ext(entry, index);
        if (X509_EXTENSION_get_critical(extension)) kind |= HOLDFAST_REVOKED_CRITICAL;
        if (OBJ_obj2nid(X509_EXTENSION_get_object(extension)) == NID_certificate_issuer) kind |= HOLDFAST_REVOKED_OF_ANOTHER;
    }
    ASN1_ENUMERATED *reason = (ASN1_ENUMERATED *)X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, &critical, NULL);
    if (!reason && critical != -1) kind |= HOLDFAST_REVOKED_UNREADABLE;
    if (reason && ASN1_ENUMERATED_get(reason) == CRL_REASON_REMOVE_FROM_CRL) kind |= HOLDFAST_REVOKED_REMOVAL;
    ASN1_ENUMERATED_free(reason);
    return kind;
}
static inline int holdfast_revoked_is_removal(const X509_REVOKED *entry) { return (holdfast_revoked_kind(entry) & HOLDFAST_REVOKED_REMOVAL) != 0; }
// Whether it may list certificates of other issuers (RFC 5280 section 5.2.5).
static inline int holdfast_crl_is_indirect(const X509_CRL *list) {
    int critical = -1;
    ISSUING_DIST_POINT *point = (ISSUING_DIST_POINT *)X509_CRL_get_ext_d2i(list, NID_issuing_distribution_point, &critical, NULL);
    int is_indirect = point && point->indirectCRL > 0;
    ISSUING_DIST_POINT_free(point);
    ERR_clear_error();
    return is_indirect;
}
// What X509_CRL_verify does where a list has no method of its own: the signature over its first part, as it was read.
static inline int holdfast_crl_verify(const X509_CRL *list, const unsigned char *part, int length, EVP_PKEY *key) {
    const ASN1_BIT_STRING *signature = NULL;
    const X509_ALGOR *algorithm = NULL;
    ASN1_STRING text = {.length = length, .type = V_ASN1_SEQUENCE, .data = (unsigned char *)part, .flags = 0};
    ASN1_TYPE value = {.type = V_ASN1_SEQUENCE, .value.sequence = &text};
    X509_CRL_get0_signature(list, &signature, &algorithm);
    return ASN1_item_verify(ASN1_ITEM_rptr(ASN1_ANY), algorithm, signature, &value, key) == 1;
}

static inline int holdfast_strings_count(const STACK_OF(OPENSSL_STRING) *list) { return list ? sk_OPENSSL_STRING_num(list) : 0; }
static inline const char *holdfast_string_at(const STACK_OF(OPENSSL_STRING) *list, int index) { return sk_OPENSSL_STRING_value(list, index); }

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
