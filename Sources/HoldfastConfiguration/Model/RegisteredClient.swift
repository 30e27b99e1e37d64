package import BindingPolicy

extension HoldfastConfiguration {
    /// A client that is known by name.
    package struct RegisteredClient: Equatable, Sendable {
        /// How a certificate is known to be one of its own: in one way.
        package enum Recognition: Equatable, Sendable {
            /// Its own CA is above it.
            case authority(Authorities)
            case certificates([Pin])
            /// Public keys.
            case keys([Pin])
            /// What it says of its holder: one term.
            case terms(CertificateTerms)
        }

        package enum Pin: Equatable, Sendable {
            case file(LocatedPath)
            case digest(Thumbprint)
        }

        /// For the log and the upstream.
        package let id: String
        package let recognition: Recognition
        /// The scopes that it may use; nil for all that its tokens have.
        package let scopes: [String]?
        /// One of these must be its tokens' `client_id`; nil where any will do.
        package let clientIDs: [String]?
        /// Where it stands in the file.
        package let keyPath: String
        package let position: SourcePosition

        package static func == (left: RegisteredClient, right: RegisteredClient) -> Bool {
            left.id == right.id && left.recognition == right.recognition && left.scopes == right.scopes && left.clientIDs == right.clientIDs
        }

        /// The files it is known by.
        package var files: [LocatedPath] {
            switch recognition {
            // Among those of the authorities.
            case .authority, .terms: []
            case .certificates(let pins), .keys(let pins): pins.compactMap { if case .file(let file) = $0 { file } else { nil } }
            }
        }
    }

    /// The names of claims whose words are scopes, of whatever issuer.
    package var scopeClaims: Set<String> { Set(["scope", "scp"] + tokens.flatMap(\.scopesFrom)) }

    /// Whether anything is made of what certificates say of their holders.
    package var readsCertificates: Bool { !forward.client.isEmpty || routes.contains { $0.policy.certificate != nil } }
}
