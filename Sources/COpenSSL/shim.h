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
// The entries of a list, in OpenSSL's order: shorter serials first, then by octets, then negative ones.
static inline int holdfast_crl_sort(X509_CRL *list) {
    STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(list);
    if (!entries) return 0;
    sk_X509_REVOKED_sort(entries);
    return sk_X509_REVOKED_num(entries);
}
static inline const X509_REVOKED *holdfast_crl_entry(X509_CRL *list, int index) {
    return sk_X509_REVOKED_value(X509_CRL_get_REVOKED(list), index);
}
// The last one, which is the caller's then.
static inline X509_REVOKED *holdfast_crl_pop(X509_CRL *list) {
    STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(list);
    return entries ? sk_X509_REVOKED_pop(entries) : NULL;
}
// removeFromCRL, in a delta list: it is on the base list no more.
static inline int holdfast_crl_is_removal(const X509_REVOKED *entry) {
    ASN1_ENUMERATED *reason = (ASN1_ENUMERATED *)X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
    int is_removal = reason && ASN1_ENUMERATED_get(reason) == CRL_REASON_REMOVE_FROM_CRL;
    ASN1_ENUMERATED_free(reason);
    return is_removal;
}
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
static inline int holdfast_crl_verify(X509_CRL *list, EVP_PKEY *key) {
    const ASN1_BIT_STRING *signature = NULL;
    const X509_ALGOR *algorithm = NULL;
    unsigned char *octets = NULL;
    int verified = 0, length = i2d_X509_CRL(list, &octets);
    if (length > 0) {
        const unsigned char *position = octets;
        long inner = 0;
        int tag = 0, kind = 0;
        if (ASN1_get_object(&position, &inner, &tag, &kind, length) == V_ASN1_CONSTRUCTED) {
            const unsigned char *end = position;
            long part = ASN1_get_object(&end, &inner, &tag, &kind, octets + length - position) == V_ASN1_CONSTRUCTED ? end + inner - position : 0;
            ASN1_STRING text = {.length = (int)part, .type = V_ASN1_SEQUENCE, .data = (unsigned char *)position, .flags = 0};
            ASN1_TYPE value = {.type = V_ASN1_SEQUENCE, .value.sequence = &text};
            X509_CRL_get0_signature(list, &signature, &algorithm);
            if (part > 0) verified = ASN1_item_verify(ASN1_ITEM_rptr(ASN1_ANY), algorithm, signature, &value, key) == 1;
        }
    }
    OPENSSL_free(octets);
    return verified;
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
