#ifndef APUS_CCRYPTO_SHIM_H
#define APUS_CCRYPTO_SHIM_H

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#pragma clang assume_nonnull begin

static inline char *_Nullable apus_pem_text(BIO *bio) {
    char *data = NULL;
    long size = BIO_get_mem_data(bio, &data);
    char *copy = size > 0 ? OPENSSL_strndup(data, (size_t)size) : NULL;
    BIO_free(bio);
    return copy;
}

static inline int apus_add_extension(X509 *certificate, X509 *issuer, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (extension == NULL) return 0;
    int added = X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return added;
}

/// Makes a P-256 key and an X.509 certificate for it, both as PEM that the caller frees with apus_pem_free. Without an
/// issuer the certificate is an authority's and signs itself. Many calls of the library are macros and all of its
/// objects are freed by hand, so this is C. Returns 1 on success.
static inline int apus_make_certificate(
    const char *name, const char *_Nullable alternative_names, int days, const char *_Nullable issuer_certificate,
    const char *_Nullable issuer_key, char *_Nullable *_Nonnull certificate_pem, char *_Nullable *_Nonnull key_pem) {
    int done = 0;
    EVP_PKEY *key = EVP_EC_gen("P-256"), *signer = key;
    X509 *certificate = X509_new(), *issuer = certificate;
    *certificate_pem = *key_pem = NULL;
    if (issuer_certificate != NULL && issuer_key != NULL) {
        BIO *bio = BIO_new_mem_buf(issuer_certificate, -1);
        issuer = PEM_read_bio_X509(bio, NULL, NULL, NULL);
        BIO_free(bio);
        bio = BIO_new_mem_buf(issuer_key, -1);
        signer = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
        BIO_free(bio);
    }
    unsigned char serial[16];
    if (key != NULL && certificate != NULL && issuer != NULL && signer != NULL && RAND_bytes(serial, 16) == 1) {
        serial[0] &= 0x7F;
        BIGNUM *number = BN_bin2bn(serial, sizeof serial, NULL);
        BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
        BN_free(number);
        X509_set_version(certificate, 2);
        X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
        X509_time_adj_ex(X509_getm_notAfter(certificate), days, 0, NULL);
        X509_set_pubkey(certificate, key);
        X509_NAME *subject = X509_get_subject_name(certificate);
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0);
        X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
        int isAuthority = issuer == certificate;
        done = apus_add_extension(
                   certificate, issuer, NID_basic_constraints, isAuthority ? "critical,CA:TRUE" : "critical,CA:FALSE")
            && apus_add_extension(
                   certificate, issuer, NID_key_usage,
                   isAuthority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature")
            && apus_add_extension(certificate, issuer, NID_subject_key_identifier, "hash")
            && (isAuthority || apus_add_extension(certificate, issuer, NID_authority_key_identifier, "keyid"))
            && (isAuthority || apus_add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth"))
            && (alternative_names == NULL
                || apus_add_extension(certificate, issuer, NID_subject_alt_name, alternative_names))
            && X509_sign(certificate, signer, EVP_sha256()) > 0;
    }
    if (done) {
        BIO *bio = BIO_new(BIO_s_mem());
        PEM_write_bio_X509(bio, certificate);
        *certificate_pem = apus_pem_text(bio);
        bio = BIO_new(BIO_s_mem());
        PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
        *key_pem = apus_pem_text(bio);
    }
    if (signer != key) EVP_PKEY_free(signer);
    if (issuer != certificate) X509_free(issuer);
    EVP_PKEY_free(key);
    X509_free(certificate);
    return done && *certificate_pem != NULL && *key_pem != NULL;
}

static inline void apus_pem_free(char *_Nullable text) { OPENSSL_free(text); }

#pragma clang assume_nonnull end

#endif
