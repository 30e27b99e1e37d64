package import BindingPolicy

extension HoldfastConfiguration {
    /// Where other proxies ask whether a request may pass, and forward it themselves.
    package struct Decisions: Equatable, Sendable {
        package enum Place: Equatable, Sendable {
            /// A socket: whoever may write to it is a front.
            case unix(path: String)
            /// Over TLS with a certificate of ours; a front is who shows one that these say.
            case network(NetworkAddress, KeyPair, Fronts)
        }

        package struct Fronts: Equatable, Sendable {
            /// Their CAs (PEM).
            package let authorities: LocatedPath
            /// What their certificates say of them.
            package let terms: CertificateTerms
            let position: SourcePosition
        }

        package enum ClaimedIdentity: String, CaseIterable, Sendable {
            /// A request with a field by which its sender would be taken for somebody does not pass.
            case refuse
            /// It passes, and its front keeps all of these fields from the API by rules of its own.
            case frontRemoves = "front-removes"
        }

        package let place: Place
        package let claimedIdentity: ClaimedIdentity
        /// Of fronts, at once.
        package let maxConnections: Int
    }
}

extension HoldfastConfiguration.Decisions {
    package var isOverNetwork: Bool { place.path == nil }

    package var files: [LocatedPath] {
        guard case .network(_, let pair, let fronts) = place else { return [] }
        return [pair.certificate, pair.privateKey, fronts.authorities]
    }
}

extension HoldfastConfiguration.Decisions.Fronts {
    /// Whose certificates are let in, if they say what they must.
    package var trust: HoldfastConfiguration.ClientTrust {
        .authorities([HoldfastConfiguration.Authorities(file: authorities, revocation: nil)], usage: .client)
    }

    /// As a client that is known by what its certificate says.
    package var registered: HoldfastConfiguration.RegisteredClient {
        HoldfastConfiguration.RegisteredClient(
            id: "front", recognition: .terms(terms), scopes: nil, clientIDs: nil, keyPath: "decision.fronts", position: position)
    }
}

extension HoldfastConfiguration.Decisions.Place {
    /// Of the socket; nil over a network.
    package var path: String? { if case .unix(let path) = self { path } else { nil } }
}

extension HoldfastConfiguration.Decisions.Place: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unix(let path): "unix:\(path)"
        case .network(let address, _, _): "\(address)"
        }
    }
}
