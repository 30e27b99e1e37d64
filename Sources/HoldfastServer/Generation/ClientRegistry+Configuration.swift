import BindingPolicy
import ClientIdentity
import Credentials
import Crypto
import HoldfastConfiguration

extension ClientRegistry {
    /// Nil where the configuration names no clients.
    ///
    /// - Parameters:
    ///   - file: the configuration's.
    ///   - anchors: the authorities read so far, by file.
    ///   - mistakes: told of files that cannot be used, and of clients that cannot be told apart.
    init?(
        _ configured: [HoldfastConfiguration.RegisteredClient], of file: String, _ anchors: [String: TrustAnchors],
        _ mistakes: inout MistakeCollector
    ) {
        guard !configured.isEmpty else { return nil }
        var clients: [Client] = []
        for client in configured {
            let recognition: Client.Recognition
            switch client.recognition {
            // One that cannot be read is among the mistakes already.
            case .authority(let authority):
                recognition = .authorities(anchors[authority.file.path]?.certificates.compactMap { Thumbprint(ofAuthority: $0) } ?? [])
            case .certificates(let pins):
                recognition = .certificates(pins.compactMap { mistakes.digest($0) { path throws(CredentialFault) in try .ofCertificate(in: path) } })
            case .keys(let pins):
                recognition = .keys(pins.compactMap { mistakes.digest($0) { path throws(CredentialFault) in try .ofPublicKey(in: path) } })
            case .terms(let terms): recognition = .terms(terms)
            }
            clients.append(Client(ClientStanding(id: client.id, scopes: client.scopes, clientIDs: client.clientIDs), by: recognition))
        }
        self.init(clients)
        for (one, other) in rivals {
            mistakes.add(
                configured[other], in: file,
                "One and the same certificate, key or CA stands for `\(configured[one].id)` too, whose certificates would then be refused as nobody's. Remove one of the two."
            )
        }
    }
}

extension MistakeCollector {
    fileprivate mutating func digest(
        _ pin: HoldfastConfiguration.RegisteredClient.Pin, _ read: (String) throws(CredentialFault) -> Thumbprint
    ) -> Thumbprint? {
        switch pin {
        case .digest(let digest): digest
        case .file(let file): load(file) { () throws(CredentialFault) in try read(file.path) }
        }
    }
}

extension Thumbprint {
    /// The first certificate in it: the client's own, where the file holds a chain.
    fileprivate static func ofCertificate(in path: String) throws(CredentialFault) -> Thumbprint { try CertificateSummary.first(in: path).thumbprint }

    /// Of a file with one public key, or of the first certificate in it.
    fileprivate static func ofPublicKey(in path: String) throws(CredentialFault) -> Thumbprint {
        Thumbprint(ofSHA256: SHA256.hash(data: try PublicKeyFile.read(path)))
    }
}
