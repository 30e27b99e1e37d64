import ClientIdentity
import HoldfastConfiguration

/// What is shown to fronts that ask for decisions over a network, and which of them are let in.
final class FrontSite: Sendable {
    let tls: ServerTLS
    let authenticator: ClientAuthenticator

    /// Nil where they ask on a socket, and where a file cannot be used, which is told.
    init?(_ decisions: HoldfastConfiguration.Decisions, of file: String, _ mistakes: inout MistakeCollector) {
        guard case .network(_, let pair, let fronts) = decisions.place else { return nil }
        let credentials = mistakes.load(pair, shownFor: [])
        let anchors = ClientAnchors(
            fronts.trust, [fronts.registered], intermediates: [], depth: CertificateLimits.depth, of: file, &mistakes)
        guard let credentials, let trust = anchors.trust else { return nil }
        tls = ServerTLS(credentials, anchors: anchors.anchors)
        authenticator = ClientAuthenticator(trust, readsFacts: true, clients: anchors.registry)
    }
}
