import Foundation
import NIOSSL
import SwiftASN1
import X509

/// Mutual-TLS client authentication (RFC 8705 section 2).
struct ClientAuthenticator: Sendable {
    private let clients: [String: RegisteredClient]
    private let registered: [String: Certificate]
    private let roots: CertificateStore

    init(_ clients: [RegisteredClient], authorities: [Certificate]) throws {
        self.clients = Dictionary(clients.map { ($0.id, $0) }) { $1 }
        roots = CertificateStore(authorities)
        var registered: [String: Certificate] = [:]
        for client in clients {
            guard let path = client.certificate else { continue }
            registered[client.id] = try LabDirectory.certificates(inPEM: String(contentsOfFile: path, encoding: .utf8)).first
        }
        self.registered = registered
    }

    /// The client, where the certificate that the handshake proved is the one it is registered to use; nil otherwise.
    func authenticate(_ id: String, presenting chain: [Certificate]) async -> RegisteredClient? {
        guard let client = clients[id], let leaf = chain.first else { return nil }
        switch client.method {
        case .selfSigned: return leaf == registered[id] ? client : nil
        case .tlsClientAuth:
            guard let subject = client.subject, leaf.subject.description == subject, allowsClients(leaf) else { return nil }
            return await isTrusted(leaf, intermediates: Array(chain.dropFirst())) ? client : nil
        }
    }

    private func isTrusted(_ leaf: Certificate, intermediates: [Certificate]) async -> Bool {
        var verifier = Verifier(rootCertificates: roots) { RFC5280Policy() }
        switch await verifier.validate(leaf: leaf, intermediates: CertificateStore(intermediates)) {
        case .validCertificate: return true
        case .couldNotValidate: return false
        }
    }

    /// The policy above leaves the extended key usage to its caller.
    private func allowsClients(_ leaf: Certificate) -> Bool {
        guard let usage = try? leaf.extensions.extendedKeyUsage else { return true }
        return usage.contains(.clientAuth) || usage.contains(.any)
    }
}
