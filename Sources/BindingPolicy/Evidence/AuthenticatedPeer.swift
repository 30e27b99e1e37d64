/// Who is at the other end of a connection: the certificate whose key the TLS handshake proved.
package struct AuthenticatedPeer: Sendable, Equatable {
    /// Nil where the client showed no certificate, which a listener allows only if a route asks for nothing.
    package let thumbprint: Thumbprint?
    /// Seconds since 1970 between which the certificate and its whole path are valid, both ends included; infinite where
    /// the path is not checked (`trust: any`).
    package let validFrom: Double
    package let validUntil: Double
    /// From when on the verdict has to be made anew: what it rests on may not hold then. Seconds since 1970.
    package let reviewTime: Double
    /// Why it is accepted no more, whatever the time: what was trusted when the connection began has changed since.
    package let withdrawn: DenialReason?
    /// By which of the listener's identities it was let in.
    package private(set) var site = SiteIndex.listeners
    /// What is known of its certificate's holder; nil where nobody asks, or where no path vouches for it.
    package let certificate: CertificateFacts?

    package init(
        thumbprint: Thumbprint, validFrom: Double, validUntil: Double, reviewTime: Double = .infinity, certificate: CertificateFacts? = nil
    ) {
        self.certificate = certificate
        self.reviewTime = reviewTime
        self.thumbprint = thumbprint
        self.validFrom = validFrom
        self.validUntil = validUntil
        withdrawn = nil
    }

    /// One whose connection was let in and whose certificate, or the want of one, is not accepted any more.
    ///
    /// - Parameter reviewTime: from when on it may be accepted again, though nothing that is trusted has changed: seconds since 1970.
    package init(withdrawn reason: DenialReason, thumbprint: Thumbprint?, reviewTime: Double = .infinity) {
        self.thumbprint = thumbprint
        (validFrom, validUntil) = (-.infinity, .infinity)
        self.reviewTime = reviewTime
        withdrawn = reason
        certificate = nil
    }

    /// A client that showed no certificate.
    package static let anonymous = AuthenticatedPeer()

    private init() {
        thumbprint = nil
        validFrom = -.infinity
        validUntil = .infinity
        reviewTime = .infinity
        withdrawn = nil
        certificate = nil
    }

    /// The same, let in there.
    package func at(_ site: SiteIndex?) -> AuthenticatedPeer {
        var peer = self
        peer.site = site ?? .none
        return peer
    }

    /// The client of the configuration that it is; nil where none is named there.
    package var client: ClientStanding? { certificate?.client }

    /// Looked at on each request: a connection, or a session resumed without a new look at the certificate, outlives it.
    package func fault(at now: Double) -> DenialReason? {
        if let withdrawn { return withdrawn }
        if now > validUntil { return .certificateExpired }
        return now < validFrom ? .certificateNotYetValid : nil
    }

    /// Why its certificate is none for a route that asks for this.
    package func fault(under terms: CertificateTerms) -> DenialReason? {
        guard thumbprint != nil else { return .certificateMissing }
        guard let certificate, terms.areMet(by: certificate) else { return .certificateInsufficient }
        return nil
    }
}
