package import HTTPWire

extension HoldfastConfiguration {
    package enum ClientTrust: Equatable, Sendable {
        /// A path to one of the CAs in these files (PEM), and to no others. At least one file.
        case authorities([Authorities], usage: CertificateUsage)
        /// A certificate of a workload of this SPIFFE trust domain, with a path to a CA in its bundle.
        case spiffe(bundle: LocatedPath, trustDomain: String)
        /// Whatever certificate whose key the client proves; the binding of the token is then the only check.
        case any
    }

    /// What clients' certificates must have been issued for.
    package enum CertificateUsage: String, CaseIterable, Sendable {
        case client
        /// Whatever: servers, code, mail.
        case any
    }

    /// A file of CAs, and what is asked about the certificates that they issue.
    package struct Authorities: Equatable, Sendable {
        package let file: LocatedPath
        /// Nil where nobody asks whether they have been revoked.
        package let revocation: Revocation?
    }

    /// Revocation lists (RFC 5280 section 5), and what they are asked.
    package struct Revocation: Equatable, Sendable {
        package enum Scope: String, CaseIterable, Sendable { case leaf, chain }
        package enum Staleness: String, CaseIterable, Sendable { case refuse, accept }

        /// PEM or DER; at least one, of these or of `urls`.
        package let lists: [LocatedPath]
        /// From where lists are fetched.
        package let urls: [HTTPURL]
        /// CAs for fetching those, in addition to the system's.
        package var certificateAuthorities: LocatedPath?
        /// Between two looks at those, at most.
        package let refresh: Duration
        /// Who is asked in place of lists; then there are none.
        package let responders: Responders?
        /// Whether only the client's own certificate is looked up, or also those between it and its CA.
        package let scope: Scope
        /// What a list means whose next update is due, or a responder that gives no answer.
        package let whenStale: Staleness
    }

    /// Who is asked about single certificates (RFC 6960).
    package struct Responders: Equatable, Sendable {
        /// Nil where the certificate says whom to ask.
        package let responder: HTTPURL?
        /// `host` or `host:port`: those that a certificate may name.
        package let fromCertificate: [String]
        /// For which an answer is kept at most.
        package let cache: Duration
        /// For a question.
        package let timeout: Duration
    }
}
