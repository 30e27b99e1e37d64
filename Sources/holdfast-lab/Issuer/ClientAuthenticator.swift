import Foundation
import NIOSSL
import SwiftASN1
import Synchronization
import X509

/// Holds what a request shows against what its client is registered for (RFC 8705 section 2, RFC 7523, RFC 6749 section 2.3).
final class ClientAuthenticator: Sendable {
    /// A client has an entry for each method it may use.
    private let clients: [String: [RegisteredClient]]
    private let registered: [String: Certificate]
    private let keys: [String: [AssertionKey]]
    private let roots: CertificateStore
    private let usedAssertions = Mutex(BoundedTable<String, Void>(limit: 65_536))

    init(_ clients: [RegisteredClient], authorities: [Certificate]) throws {
        self.clients = Dictionary(grouping: clients, by: \.id)
        roots = CertificateStore(authorities)
        var registered: [String: Certificate] = [:]
        var keys: [String: [AssertionKey]] = [:]
        for client in clients {
            if let path = client.certificate {
                registered[client.id] = try LabDirectory.certificates(inPEM: String(contentsOfFile: path, encoding: .utf8)).first
            }
            keys[client.id, default: []] += try client.jwks?["keys"]?.map(AssertionKey.init(jwk:)) ?? []
        }
        self.registered = registered
        self.keys = keys
    }

    /// The client, by the entry for the method it used; nil where what it shows is not what is registered.
    /// - Parameter audiences: those an assertion may be addressed to.
    func authenticate(_ credentials: ClientCredentials, audiences: [String]) async -> RegisteredClient? {
        switch credentials {
        case .certificate(let id, let chain):
            return await authenticate(id, presenting: chain)
        case .secret(let id, let secret):
            return entries(id, .clientSecretBasic).first { $0.secret == secret }
        case .assertion(let assertion):
            guard let client = entries(assertion.client, .privateKeyJWT).first,
                assertion.isValid(keys: keys[client.id] ?? [], audiences: audiences)
            else { return nil }
            let name = "\(client.id) \(assertion.identifier)"
            return usedAssertions.withLock { used in
                guard used[name] == nil else { return nil }
                used.insert((), for: name)
                return client
            }
        }
    }

    /// The client, where the certificate that the handshake proved is the one it is registered to use; nil otherwise.
    private func authenticate(_ id: String, presenting chain: [Certificate]) async -> RegisteredClient? {
        guard let leaf = chain.first else { return nil }
        if let client = entries(id, .selfSigned).first, leaf == registered[id] { return client }
        guard let client = entries(id, .tlsClientAuth).first, let subject = client.subject, leaf.subject.description == subject,
            allowsClients(leaf)
        else { return nil }
        return await isTrusted(leaf, intermediates: Array(chain.dropFirst())) ? client : nil
    }

    private func entries(_ id: String, _ method: RegisteredClient.Method) -> [RegisteredClient] {
        clients[id]?.filter { $0.method == method } ?? []
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
