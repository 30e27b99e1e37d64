/// Who is at the other end of a connection: the certificate whose key the TLS handshake proved.
package struct AuthenticatedPeer: Sendable, Equatable {
    package let thumbprint: Thumbprint
    /// Seconds since 1970 between which the certificate and its whole path are valid, both ends included; infinite where
    /// the path is not checked (`trust: any`).
    package let validFrom: Double
    package let validUntil: Double

    package init(thumbprint: Thumbprint, validFrom: Double, validUntil: Double) {
        self.thumbprint = thumbprint
        self.validFrom = validFrom
        self.validUntil = validUntil
    }

    /// Looked at on each request: a connection, or a session resumed without a new look at the certificate, outlives it.
    package func fault(at now: Double) -> DenialReason? {
        if now > validUntil { return .certificateExpired }
        return now < validFrom ? .certificateNotYetValid : nil
    }
}
