import NIOSSL

/// What both sides of the proxy speak (RFC 9325, BCP 195).
enum TLSPolicy {
    static func apply(to configuration: inout TLSConfiguration) {
        // TLS 1.2 with forward secrecy and AEAD only (sections 4.1 and 4.2). TLS 1.3 has nothing to choose.
        configuration.cipherSuiteValues = [
            .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        ]
        configuration.curves = [.x25519_MLKEM768, .x25519, .secp256r1, .secp384r1]
        // BoringSSL's own list has PKCS#1 with SHA-1 in it (section 4.5) and lacks Ed25519.
        configuration.verifySignatureAlgorithms = signatureAlgorithms
        // What we sign with ourselves: BoringSSL would sign with SHA-1 for a client of TLS 1.2 that offers nothing else.
        configuration.signingSignatureAlgorithms = signatureAlgorithms
    }

    private static let signatureAlgorithms: [SignatureAlgorithm] = [
        .ecdsaSecp256R1Sha256, .ed25519, .rsaPssRsaeSha256, .rsaPkcs1Sha256, .ecdsaSecp384R1Sha384, .rsaPssRsaeSha384, .rsaPkcs1Sha384,
        .ecdsaSecp521R1Sha512, .rsaPssRsaeSha512, .rsaPkcs1Sha512,
    ]

    /// The one key exchange that a quantum computer does not undo (draft-ietf-tls-ecdhe-mlkem). Only TLS 1.3 has it.
    static func restrictToPostQuantum(_ configuration: inout TLSConfiguration) {
        configuration.minimumTLSVersion = .tlsv13
        configuration.curves = [.x25519_MLKEM768]
    }

    /// What servers from before RFC 9325 speak; still nothing that BoringSSL does not.
    static func allowLegacySuites(_ configuration: inout TLSConfiguration) {
        configuration.cipherSuiteValues += [
            .TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, .TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, .TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
            .TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, .TLS_RSA_WITH_AES_128_GCM_SHA256, .TLS_RSA_WITH_AES_256_GCM_SHA384,
            .TLS_RSA_WITH_AES_128_CBC_SHA, .TLS_RSA_WITH_AES_256_CBC_SHA,
        ]
        configuration.verifySignatureAlgorithms = signatureAlgorithms + [.rsaPkcs1Sha1]
    }

    /// FAPI 1.0 Advanced section 8.5, without its DHE suites, which BoringSSL does not have.
    static func restrictToRSASuites(_ configuration: inout TLSConfiguration) {
        configuration.cipherSuiteValues = [.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]
    }
}
