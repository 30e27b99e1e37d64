import ClientIdentity
import HTTPWire
import HoldfastConfiguration
import NIOSSL

/// One of the listener's identities: what it shows to clients that ask for its hosts, and who of them is let in.
///
/// A class for the reason that ``Blueprint`` is one: as a value it made the frame of `explain` too large for the compiler.
final class Site: Sendable {
    /// In lower case, IPv6 in brackets, `*.` for one label; empty where whatever is asked for is served.
    let hosts: [String]
    let served: ServedHosts
    let tls: ServerTLS
    let trust: ClientIdentity.ClientTrust
    /// Nil where whoever is trusted is let in.
    let clients: ClientRegistry?
    /// Of its own certificate, for `check` and the log.
    let certificate: CertificateSummary
    let authorities: [CertificateSummary]

    /// Nil where any file of it cannot be used; each says so.
    ///
    /// - Parameters:
    ///   - identity: a further one; nil for the listener's own.
    ///   - anchors: of the listener's own clients, who are let in where it names no others.
    init?(
        _ configuration: HoldfastConfiguration, _ identity: HoldfastConfiguration.Identity?, clients: ClientAnchors,
        _ mistakes: inout MistakeCollector
    ) {
        let listener = configuration.listener
        let hosts = identity?.hosts ?? listener.hosts
        let credentials = mistakes.load(identity?.pair ?? listener.identity, shownFor: hosts)
        let clients =
            identity?.clientTrust.map {
                ClientAnchors(
                    $0, identity?.clients ?? [], intermediates: identity?.intermediates ?? [],
                    depth: identity?.maxIntermediates ?? configuration.maxIntermediates, of: configuration.file, &mistakes)
            } ?? clients
        guard let credentials, let trust = clients.trust else { return nil }
        self.hosts = hosts
        served = ServedHosts(hosts)
        tls = ServerTLS(
            credentials, anchors: clients.anchors, minimumVersion: listener.minimumTLS == .tls13 ? .tlsv13 : .tlsv12,
            certificateIsOptional: configuration.isCertificateOptional,
            onlyRSASuites: listener.onlyRSASuites, onlyPostQuantum: listener.keyExchange == .postQuantumOnly,
            resumption: listener.resumption, protocols: listener.protocols)
        self.trust = trust
        self.clients = clients.registry
        certificate = credentials.summary
        authorities = clients.anchors?.summaries ?? []
    }
}
