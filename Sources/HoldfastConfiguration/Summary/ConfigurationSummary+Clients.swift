internal import BindingPolicy

extension ConfigurationSummary {
    /// Who is let in where the file names clients.
    static func registered(_ configuration: HoldfastConfiguration) -> [String] {
        let others = configuration.listener.identities.enumerated().map { index, identity in
            ("For listener.identities[\(index)].client_certificates: ", identity.clients)
        }
        return ([("", configuration.clients)] + others).flatMap { place, clients in
            clients.isEmpty
                ? []
                : [
                    "\(place)Of those it lets in the \(clients.count) registered clients only, and a certificate that fits none of them, or two, is refused."
                ]
                    + clients.map { "Client \(quoted($0.id)): \(ways($0)); \(rights($0))." }
        }
    }

    private static func ways(_ client: HoldfastConfiguration.RegisteredClient) -> String {
        func pins(_ pins: [HoldfastConfiguration.RegisteredClient.Pin]) -> String {
            pins.map { pin in
                switch pin {
                case .file(let file): file.path
                case .digest(let digest): digest.base64url
                }
            }.joined(separator: ", ")
        }
        return switch client.recognition {
        case .authority(let authority): "certificates below a CA of \(authority.file.path)"
        case .certificates(let some): "the certificates \(pins(some))"
        case .keys(let some): "certificates with the keys \(pins(some))"
        case .terms(let terms): "certificates with \(self.terms(terms))"
        }
    }

    private static func rights(_ client: HoldfastConfiguration.RegisteredClient) -> String {
        let scopes = client.scopes.map { $0.isEmpty ? "no scope" : $0.map(quoted).joined(separator: ", ") } ?? "whatever scope its tokens have"
        let tokens = client.clientIDs.map { ", with tokens whose `client_id` is \(either($0))" } ?? ""
        return "may use \(scopes)\(tokens)"
    }
}
