import Foundation
import X509

/// The certificates that a test of mutual TLS needs: the good ones and each kind of bad one.
struct LabPKI {
    static let rootName = "Holdfast Lab Root"
    static let intermediateName = "Holdfast Lab Intermediate"

    /// Those listed as written: file name without extension, and the certificate.
    private(set) var entries: [(name: String, identity: IssuedCertificate)] = []

    init(lifetime: TimeInterval) throws {
        let root = try LabAuthority.root(named: Self.rootName, lifetime: lifetime)
        let intermediate = try root.intermediate(named: Self.intermediateName, lifetime: lifetime)
        // A twin with the same names and other keys: only signatures tell them apart.
        let twin = try LabAuthority.root(named: Self.rootName, lifetime: lifetime)
        let twinIntermediate = try twin.intermediate(named: Self.intermediateName, lifetime: lifetime)

        func key() throws -> Certificate.PrivateKey { try KeyKind.ec.generate() }
        let clientKey = try key()
        entries = [
            ("ca", root.identity),
            ("intermediate", intermediate.identity),
            (
                "server",
                try intermediate.leaf(
                    LeafRequest("localhost", key: key(), usage: .server, lifetime: lifetime, alternativeNames: LeafRequest.loopbackNames))
            ),
            ("client-a", try intermediate.leaf(LeafRequest("client-a", key: clientKey, lifetime: lifetime))),
            ("client-a-renewed", try intermediate.leaf(LeafRequest("client-a", key: clientKey, lifetime: lifetime))),
            ("client-b", try intermediate.leaf(LeafRequest("client-b", key: key(), lifetime: lifetime))),
            (
                GatewayCredentials.name,
                try intermediate.leaf(LeafRequest(GatewayCredentials.name, key: key(), lifetime: lifetime))
            ),
            ("client-self-signed", try LabAuthority.selfSigned(LeafRequest("client-self-signed", key: key(), lifetime: lifetime))),
            ("client-expired", try intermediate.leaf(LeafRequest("client-expired", key: key(), lifetime: -3600))),
            (
                "client-future",
                try intermediate.leaf(LeafRequest("client-future", key: key(), startsIn: 86_400, lifetime: lifetime + 86_400))
            ),
            ("client-serverauth", try intermediate.leaf(LeafRequest("client-serverauth", key: key(), usage: .server, lifetime: lifetime))),
            ("stranger-ca", twin.identity),
            ("stranger", try twinIntermediate.leaf(LeafRequest("client-a", key: key(), lifetime: lifetime))),
        ]
    }

    /// Writes every entry, the resource server's other credentials, and `clients-ca.pem`, the root that client certificates are held
    /// against.
    func write(to directory: LabDirectory) throws {
        for entry in entries { try directory.write(entry.identity, as: entry.name) }
        try GatewayCredentials.write(to: directory)
        guard let root = entries.first else { return }
        try directory.write(try root.identity.chainPEM, to: "clients-ca.pem")
    }
}
