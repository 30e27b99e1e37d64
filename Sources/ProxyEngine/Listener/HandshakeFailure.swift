import NIOSSL

/// Why TLS itself ended a client's handshake, as a reason code of a closed set.
///
/// BoringSSL's errors have no codes that Swift could read, only stable names in their description.
enum HandshakeFailure {
    static func code(of error: NIOSSLError) -> String {
        guard case .handshakeFailed(.sslError(let stack)) = error else { return other }
        if stack.contains(.eofDuringHandshake) { return clientGone }
        let text = stack.map(\.description).joined(separator: "\n")
        if let known = codes.first(where: { text.contains(":\($0.name) ") }) { return known.code }
        // Whatever else the client has to complain of. In TLS 1.3 OpenSSL's clients send an alert about our certificate in clear, where
        // BoringSSL expects an encrypted one, and finds it too short for that.
        return text.contains("ALERT_") || text.contains(":BAD_PACKET_LENGTH ") ? "client_alert" : other
    }

    /// A client that offers application protocols, and none that is spoken here.
    static let noApplicationProtocol = "no_application_protocol"

    /// A client that asks for a host which is not served, or for none where several are.
    static let unknownName = "unrecognized_name"

    static func refusal(for error: NIOSSLError) -> GateRefusal {
        let code = code(of: error)
        return GateRefusal(code: code, meaning: meaning(of: code))
    }

    /// What a code means that TLS itself finds and that others have a sentence for too; nil for the rest.
    private static func meaning(of code: String) -> String? {
        switch code {
        case keyUnsupported:
            "the key of the client's certificate is of a kind that no handshake takes here, or its curve is written out instead of named"
        case "cert_wrong_usage": "the client's certificate has a key usage without digitalSignature"
        case "cert_weak": "the client's certificate has an RSA key that is too small, too large or of an unusual exponent"
        default: nil
        }
    }

    static let clientGone = "client_gone"

    private static let other = "tls_error"

    private static let codes: [(name: String, code: String)] = [
        ("PEER_DID_NOT_RETURN_A_CERTIFICATE", "cert_missing"),
        // Its key is of a kind that no handshake proves here; `explain` says the same of such a certificate.
        ("UNSUPPORTED_ALGORITHM", keyUnsupported),
        // So is that of the RSA keys that are refused here too, where BoringSSL does not refuse them already.
        ("MODULUS_TOO_LARGE", "cert_weak"), ("KEY_SIZE_TOO_SMALL", "cert_weak"), ("BAD_E_VALUE", "cert_weak"), ("BAD_RSA_PARAMETERS", "cert_weak"),
        // A curve that is written out instead of named.
        ("public key routines:OPENSSL_internal:DECODE_ERROR", keyUnsupported),
        // The client did not prove that it has the certificate's key.
        ("BAD_SIGNATURE", "cert_unproven"), ("KEY_USAGE_BIT_INCORRECT", "cert_wrong_usage"),
        ("HTTP_REQUEST", "not_tls"), ("HTTPS_PROXY_REQUEST", "not_tls"), ("WRONG_VERSION_NUMBER", "not_tls"), ("UNEXPECTED_RECORD", "not_tls"),
        ("UNSUPPORTED_PROTOCOL", "unsupported_version"), ("INAPPROPRIATE_FALLBACK", "unsupported_version"),
        ("NO_SHARED_CIPHER", "no_shared_cipher"), ("NO_CIPHERS_SPECIFIED", "no_shared_cipher"), ("NO_SHARED_GROUP", "no_shared_group"),
        // The client has none of the curves of our certificate's key.
        ("WRONG_CURVE", "no_shared_group"),
        ("NO_COMMON_SIGNATURE_ALGORITHMS", "no_shared_signature_algorithm"), ("WRONG_SIGNATURE_TYPE", "no_shared_signature_algorithm"),
        // What the client says of our own certificate.
        ("TLSV1_ALERT_UNKNOWN_CA", serverCertificate), ("SSLV3_ALERT_BAD_CERTIFICATE", serverCertificate),
        ("SSLV3_ALERT_UNSUPPORTED_CERTIFICATE", serverCertificate), ("SSLV3_ALERT_CERTIFICATE_REVOKED", serverCertificate),
        ("SSLV3_ALERT_CERTIFICATE_EXPIRED", serverCertificate), ("SSLV3_ALERT_CERTIFICATE_UNKNOWN", serverCertificate),
    ]

    private static let keyUnsupported = "cert_key_unsupported"
    private static let serverCertificate = "server_cert_refused"
}
