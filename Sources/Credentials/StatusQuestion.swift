import COpenSSL

/// Whether one certificate has been revoked, as its issuer's responder is asked it (RFC 6960 section 4.1), and what is made of the answer.
package struct StatusQuestion: Sendable {
    /// DER of an OCSPRequest, without a nonce: an answer may be given to many (RFC 5019), and its times say how fresh it is.
    package let request: [UInt8]
    /// What the certificate is known by: DER of a CertID.
    package let name: [UInt8]
    /// Where the certificate itself says that it may be asked. As a stranger wrote it, until its path is validated.
    package let places: [String]
    private let certificate: [UInt8]
    private let issuer: [UInt8]

    /// Nil where there is no memory for it.
    package init?(about certificate: OpaquePointer, from issuer: OpaquePointer) {
        defer { ERR_clear_error() }
        guard let id = OCSP_cert_to_id(nil, certificate, issuer), let request = OCSP_REQUEST_new() else { return nil }
        defer { OCSP_REQUEST_free(request) }
        guard let name = OpenSSLDER.octets({ i2d_OCSP_CERTID(id, $0) }), OCSP_request_add0_id(request, id) != nil,
            let octets = OpenSSLDER.octets({ i2d_OCSP_REQUEST(request, $0) }), let own = OpenSSLCertificate.der(of: certificate),
            let issuer = OpenSSLCertificate.der(of: issuer)
        else { return nil }
        self.request = octets
        self.name = name
        self.certificate = own
        self.issuer = issuer
        places = Self.places(in: certificate)
    }

    private static let placeLimit = 4

    private static func places(in certificate: OpaquePointer) -> [String] {
        guard let list = X509_get1_ocsp(certificate) else { return [] }
        defer { X509_email_free(list) }
        return (0..<min(Int(holdfast_strings_count(list)), placeLimit)).compactMap { index in
            holdfast_string_at(list, Int32(index)).map { String(cString: $0) }
        }
    }
}

/// What a responder said of a certificate.
package struct StatusAnswer: Equatable, Sendable {
    package enum Status: Equatable, Sendable {
        case good, revoked
        /// It does not know the certificate.
        case unknown
    }

    package enum Fault: String, Error, Sendable {
        case malformed = "answers with something that is no OCSP response"
        case refused = "answers that it gives no answer"
        case unsigned = "answers with a response that neither the certificate's issuer signed nor a responder of his"
        case aboutAnother = "answers about another certificate"
        case outOfTime = "answers with a response that is out of date, or not valid yet"
    }

    package let status: Status
    /// Seconds since 1970.
    package let thisUpdate: Double
    package let nextUpdate: Double?
}

extension StatusQuestion {
    /// Seconds by which a responder's clock may be ahead of ours.
    private static let skew = 60.0

    /// - Parameters:
    ///   - der: an OCSPResponse.
    ///   - longest: seconds for which an answer is believed that does not say until when it is.
    ///   - now: seconds since 1970.
    package func answer(in der: [UInt8], longest: Double, now: Double) -> Result<StatusAnswer, StatusAnswer.Fault> {
        defer { ERR_clear_error() }
        guard let parsed = OpenSSLDER.value(in: der, free: OCSP_RESPONSE_free, { d2i_OCSP_RESPONSE(nil, $0, $1) }) else {
            return .failure(.malformed)
        }
        defer { OCSP_RESPONSE_free(parsed) }
        guard OCSP_response_status(parsed) == OCSP_RESPONSE_STATUS_SUCCESSFUL else { return .failure(.refused) }
        guard let basic = OCSP_response_get1_basic(parsed) else { return .failure(.malformed) }
        defer { OCSP_BASICRESP_free(basic) }
        guard let issuer = OpenSSLCertificate(der: issuer), let own = OpenSSLCertificate(der: certificate) else { return .failure(.malformed) }
        guard isSigned(basic, issuer, now: now) else { return .failure(.unsigned) }
        return answer(in: basic, own, issuer, longest: longest, now: now)
    }

    /// By the issuer itself, or by whom it made a responder (RFC 6960 section 4.2.2.2): nobody else is trusted, whatever else is.
    private func isSigned(_ basic: OpaquePointer, _ issuer: OpenSSLCertificate, now: Double) -> Bool {
        guard let seconds = Int(exactly: now.rounded(.down)), let store = X509_STORE_new() else { return false }
        defer { X509_STORE_free(store) }
        guard X509_STORE_add_cert(store, issuer.pointer) == 1, let parameters = X509_STORE_get0_param(store),
            X509_VERIFY_PARAM_set_flags(parameters, UInt(X509_V_FLAG_PARTIAL_CHAIN)) == 1, let known = holdfast_x509_stack()
        else { return false }
        defer { holdfast_x509_stack_free(known) }
        X509_VERIFY_PARAM_set_time(parameters, seconds)
        X509_VERIFY_PARAM_set_auth_level(parameters, 2)
        X509_up_ref(issuer.pointer)
        guard holdfast_x509_stack_push(known, issuer.pointer) == 1 else {
            X509_free(issuer.pointer)
            return false
        }
        return OCSP_basic_verify(basic, known, store, UInt(OCSP_NOEXPLICIT)) == 1
    }

    private func answer(
        in basic: OpaquePointer, _ own: OpenSSLCertificate, _ issuer: OpenSSLCertificate, longest: Double, now: Double
    ) -> Result<StatusAnswer, StatusAnswer.Fault> {
        guard let id = OCSP_cert_to_id(nil, own.pointer, issuer.pointer) else { return .failure(.malformed) }
        defer { OCSP_CERTID_free(id) }
        var (status, reason): (Int32, Int32) = (-1, -1)
        var (revocation, this, next):
            (
                UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?, UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?,
                UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
            )
        guard OCSP_resp_find_status(basic, id, &status, &reason, &revocation, &this, &next) == 1 else { return .failure(.aboutAnother) }
        guard let thisUpdate = OpenSSLCertificate.seconds(this) else { return .failure(.malformed) }
        let nextUpdate = OpenSSLCertificate.seconds(next)
        guard thisUpdate <= now + Self.skew, now < nextUpdate ?? (thisUpdate + longest) else { return .failure(.outOfTime) }
        let said: StatusAnswer.Status =
            switch status {
            case V_OCSP_CERTSTATUS_GOOD: .good
            case V_OCSP_CERTSTATUS_REVOKED: .revoked
            default: .unknown
            }
        return .success(StatusAnswer(status: said, thisUpdate: thisUpdate, nextUpdate: nextUpdate))
    }
}
