package import BindingPolicy
import Credentials
import Crypto

/// The clients that a configuration names, and how a certificate is known to be one of theirs. With a registry, whoever is none of them is not
/// let in, and neither is who would be two of them: no order of entries decides what somebody may do.
package struct ClientRegistry: Sendable {
    package struct Client: Sendable {
        package enum Recognition: Sendable {
            /// Its own CAs (`Thumbprint(ofAuthority:)`): one of them is above the client's certificate.
            case authorities([Thumbprint])
            case certificates([Thumbprint])
            /// SHA-256 of SubjectPublicKeyInfo.
            case keys([Thumbprint])
            /// What the certificate says, and an authority vouches for.
            case terms(CertificateTerms)
        }

        let standing: ClientStanding
        let recognition: Recognition

        package init(_ standing: ClientStanding, by recognition: Recognition) {
            self.standing = standing
            self.recognition = recognition
        }
    }

    private let clients: [Client]
    private var authorities: [Thumbprint: Set<Int>] = [:]
    private var certificates: [Thumbprint: Set<Int>] = [:]
    private var keys: [Thumbprint: Set<Int>] = [:]
    private var terms: [(terms: CertificateTerms, place: Int)] = []

    /// Whether it looks at what certificates say.
    var readsFacts: Bool { !terms.isEmpty }

    package init(_ clients: [Client]) {
        self.clients = clients
        for (place, client) in clients.enumerated() {
            switch client.recognition {
            case .authorities(let known): for one in known { authorities[one, default: []].insert(place) }
            case .certificates(let known): for one in known { certificates[one, default: []].insert(place) }
            case .keys(let known): for one in known { keys[one, default: []].insert(place) }
            case .terms(let wanted): terms.append((wanted, place))
            }
        }
    }

    /// Pairs of clients, by their places, that one and the same certificate, key or CA stands for.
    package var rivals: [(Int, Int)] {
        let shared = [authorities, certificates, keys].flatMap(\.values).filter { $0.count > 1 }.map { $0.sorted() }
        return Set(shared.map { [$0[0], $0[1]] }).sorted { $0.lexicographicallyPrecedes($1) }.map { ($0[0], $0[1]) }
    }

    /// - Parameter facts: what the certificate says; nil where nobody vouches for that.
    func standing(of certificate: ClientCertificate, on path: ValidatedPath, _ facts: CertificateFacts?) -> Result<ClientStanding, PathFault> {
        var places = certificates[certificate.thumbprint] ?? []
        if !authorities.isEmpty {
            for one in certificate.chain.dropFirst().compactMap({ Thumbprint(ofAuthority: $0) }) + (path.anchor.map { [$0] } ?? []) {
                places.formUnion(authorities[one] ?? [])
            }
        }
        if !keys.isEmpty, let key = certificate.chain.first.flatMap(OpenSSLCertificate.init(der:))?.publicKeyDER {
            places.formUnion(keys[Thumbprint(ofSHA256: SHA256.hash(data: key))] ?? [])
        }
        if let facts { for (wanted, place) in terms where wanted.areMet(by: facts) { places.insert(place) } }
        guard let place = places.first else { return .failure(.unregistered) }
        guard places.count == 1 else { return .failure(.ambiguousClient) }
        return .success(Self.narrowed(clients[place].standing, by: certificate.chain))
    }

    /// Each certificate of the path may leave those below it less, and none gives them more.
    private static func narrowed(_ standing: ClientStanding, by chain: [[UInt8]]) -> ClientStanding {
        chain.reduce(standing) { standing, der in
            guard let limit = OpenSSLCertificate(der: der).map(ScopeLimit.init) else { return standing.narrowed(to: []) }
            return limit.scopes.map(standing.narrowed) ?? standing
        }
    }
}
