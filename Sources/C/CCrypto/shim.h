#ifndef APUS_CCRYPTO_SHIM_H
#define APUS_CCRYPTO_SHIM_H

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
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

/// A public key of values that have been collected; NULL when they are none.
static inline EVP_PKEY *_Nullable apus_public_key(const char *type, OSSL_PARAM_BLD *builder) {
    EVP_PKEY *key = NULL;
    OSSL_PARAM *values = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (values != NULL && context != NULL && EVP_PKEY_fromdata_init(context) == 1
        && EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, values) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(values);
    return key;
}

/// An RSA key of modulus and exponent, big-endian; NULL when they are none. The caller frees it.
static inline EVP_PKEY *_Nullable apus_rsa_key(
    const unsigned char *modulus, int modulus_count, const unsigned char *exponent, int exponent_count) {
    BIGNUM *n = BN_bin2bn(modulus, modulus_count, NULL), *e = BN_bin2bn(exponent, exponent_count, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    if (n != NULL && e != NULL && builder != NULL && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1
        && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1)
        key = apus_public_key("RSA", builder);
    OSSL_PARAM_BLD_free(builder);
    BN_free(n);
    BN_free(e);
    return key;
}

/// A key of a point of P-256, 65 bytes that begin with 4; NULL when it is none. The caller frees it.
static inline EVP_PKEY *_Nullable apus_p256_key(const unsigned char *point, size_t count) {
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    if (builder != NULL
        && OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1
        && OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, count) == 1)
        key = apus_public_key("EC", builder);
    OSSL_PARAM_BLD_free(builder);
    return key;
}

/// Verifies a signature over SHA-256 as the key's kind has it, with PSS padding and a salt of 32 bytes where that is said.
/// Returns 1 when it is one.
static inline int apus_verify(
    EVP_PKEY *key, int is_pss, const unsigned char *message, size_t message_count, const unsigned char *signature,
    size_t signature_count) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *details = NULL;
    int verified = context != NULL && EVP_DigestVerifyInit(context, &details, EVP_sha256(), NULL, key) == 1
        && (!is_pss
            || (EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) == 1
                && EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST) == 1))
        && EVP_DigestVerify(context, signature, signature_count, message, message_count) == 1;
    EVP_MD_CTX_free(context);
    return verified;
}

/// Verifies an ECDSA signature that is two numbers of 32 bytes, big-endian. Returns 1 when it is one.
static inline int apus_verify_ecdsa(
    EVP_PKEY *key, const unsigned char *message, size_t message_count, const unsigned char *signature) {
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, 32, NULL), *s = BN_bin2bn(signature + 32, 32, NULL);
    unsigned char *der = NULL;
    int verified = 0;
    if (pair != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(pair, r, s) == 1) {
        // The pair owns them from here on.
        r = s = NULL;
        int count = i2d_ECDSA_SIG(pair, &der);
        verified = count > 0 && apus_verify(key, 0, message, message_count, der, (size_t)count);
    }
    OPENSSL_free(der);
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return verified;
}

static inline EVP_PKEY *_Nullable apus_make_key(int is_rsa) { return is_rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"); }

/// Writes a number of a key, big-endian. Returns how many bytes it has; 0 when there is none, or no room.
static inline int apus_key_number(EVP_PKEY *key, const char *name, unsigned char *bytes, int room) {
    BIGNUM *number = NULL;
    int count = 0;
    if (EVP_PKEY_get_bn_param(key, name, &number) == 1 && BN_num_bytes(number) <= room) count = BN_bn2bin(number, bytes);
    BN_free(number);
    return count;
}

/// Signs over SHA-256; an ECDSA signature is two numbers of 32 bytes. Returns how many bytes were written; 0 on failure.
static inline size_t apus_sign(
    EVP_PKEY *key, int is_pss, const unsigned char *message, size_t message_count, unsigned char *signature, size_t room) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *details = NULL;
    size_t count = room;
    int done = context != NULL && EVP_DigestSignInit(context, &details, EVP_sha256(), NULL, key) == 1
        && (!is_pss
            || (EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) == 1
                && EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST) == 1))
        && EVP_DigestSign(context, signature, &count, message, message_count) == 1;
    EVP_MD_CTX_free(context);
    if (!done) return 0;
    if (EVP_PKEY_is_a(key, "EC")) {
        const unsigned char *start = signature;
        ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &start, (long)count);
        if (pair == NULL) return 0;
        BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, 32);
        BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + 32, 32);
        ECDSA_SIG_free(pair);
        count = 64;
    }
    return count;
}

#pragma clang assume_nonnull end

#endif
