/// Who is at the other end of a connection: the certificate whose key the TLS handshake proved.
package struct AuthenticatedPeer: Sendable, Equatable {
    /// Nil where the client showed no certificate, which a listener allows only if a route asks for nothing.
    package let thumbprint: Thumbprint?
    /// Seconds since 1970 between which the certificate and its whole path are valid, both ends included; infinite where
    /// the path is not checked (`trust: any`).
    package let validFrom: Double
    package let validUntil: Double

    package init(thumbprint: Thumbprint, validFrom: Double, validUntil: Double) {
        self.thumbprint = thumbprint
        self.validFrom = validFrom
        self.validUntil = validUntil
    }

    /// A client that showed no certificate.
    package static let anonymous = AuthenticatedPeer()

    private init() {
        thumbprint = nil
        validFrom = -.infinity
        validUntil = .infinity
    }

    /// Looked at on each request: a connection, or a session resumed without a new look at the certificate, outlives it.
    package func fault(at now: Double) -> DenialReason? {
        if now > validUntil { return .certificateExpired }
        return now < validFrom ? .certificateNotYetValid : nil
    }
}
