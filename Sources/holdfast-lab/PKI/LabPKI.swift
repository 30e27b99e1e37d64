import Foundation
import X509

/// The certificates that a test of mutual TLS needs: the good ones and each kind of bad one.
struct LabPKI {
    static let rootName = "Holdfast Lab Root"
    static let intermediateName = "Holdfast Lab Intermediate"

    /// Those listed as written: file name without extension, and the certificate.
    private(set) var entries: [(name: String, identity: IssuedCertificate)] = []

    init(lifetime: TimeInterval) throws {
        func authorities(namingKeys: Bool) throws -> (root: LabAuthority, intermediate: LabAuthority) {
            let key = try KeyKind.ec.generate()
            let subject = try LabAuthority.distinguishedName(Self.rootName)
            var root = try LabAuthority.root(subject, key: key, limits: AuthorityLimits(pathLength: 1), lifetime: lifetime)
            root.namesItsKey = namingKeys
            let intermediate = try root.intermediate(
                LabAuthority.distinguishedName(Self.intermediateName), key: KeyKind.ec.generate(), limits: AuthorityLimits(pathLength: 0),
                lifetime: lifetime)
            return (root, intermediate)
        }
        func request(
            _ name: String, usage: CertificateUsage = .client, validity: CertificateValidity? = nil, alternativeNames: [GeneralName] = []
        ) throws -> LeafRequest {
            LeafRequest(
                try LabAuthority.distinguishedName(name), usage: usage, validity: validity ?? CertificateValidity(lifetime: lifetime),
                alternativeNames: alternativeNames)
        }
        let (root, intermediate) = try authorities(namingKeys: true)
        // A twin with the same names and other keys: only signatures tell them apart.
        let twin = try authorities(namingKeys: false)
        func leaf(_ request: LeafRequest, from authority: LabAuthority? = nil, key: Certificate.PrivateKey? = nil) throws -> IssuedCertificate {
            try (authority ?? intermediate).leaf(request, key: key ?? KeyKind.ec.generate())
        }

        let clientKey = try KeyKind.ec.generate()
        let future = CertificateValidity(startsIn: 86_400, lifetime: lifetime + 86_400)
        let lone = try KeyKind.ec.generate()
        entries = [
            ("ca", root.identity),
            ("intermediate", intermediate.identity),
            ("server", try leaf(request("localhost", usage: .server, alternativeNames: LeafRequest.loopbackNames))),
            ("client-a", try leaf(request("client-a"), key: clientKey)),
            ("client-a-renewed", try leaf(request("client-a"), key: clientKey)),
            ("client-b", try leaf(request("client-b"))),
            (GatewayCredentials.name, try leaf(request(GatewayCredentials.name))),
            ("client-self-signed", try request("client-self-signed").content(lone.publicKey).selfSigned(by: lone)),
            ("client-expired", try leaf(request("client-expired", validity: CertificateValidity(lifetime: -3600)))),
            ("client-future", try leaf(request("client-future", validity: future))),
            ("client-serverauth", try leaf(request("client-serverauth", usage: .server))),
            ("stranger-ca", twin.root.identity),
            ("stranger", try leaf(request("client-a"), from: twin.intermediate)),
        ]
    }

    /// Writes every entry, the resource server's other credentials, and `clients-ca.pem`, the root that client certificates are held
    /// against.
    func write(to directory: LabDirectory) throws {
        for entry in entries { try directory.write(entry.identity, as: entry.name) }
        try GatewayCredentials.write(to: directory)
        guard let root = entries.first else { return }
        try directory.write(try root.identity.chain.pem, to: "clients-ca.pem")
    }
}
