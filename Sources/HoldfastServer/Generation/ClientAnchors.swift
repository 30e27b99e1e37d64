import ClientIdentity
import Credentials
import HoldfastConfiguration

/// Whom a part of the configuration lets in, with its files read.
struct ClientAnchors {
    /// Nil where a file of it cannot be used.
    let trust: ClientIdentity.ClientTrust?
    /// Nil under `trust: any` too.
    let anchors: TrustAnchors?
    /// Nil where whoever is trusted is let in.
    let registry: ClientRegistry?

    /// - Parameter depth: CAs that may stand between a certificate and its authority.
    init(
        _ configured: HoldfastConfiguration.ClientTrust, _ clients: [HoldfastConfiguration.RegisteredClient], intermediates: [LocatedPath],
        depth: Int,
        of file: String, _ mistakes: inout MistakeCollector
    ) {
        switch configured {
        case .any:
            (trust, anchors) = (.any, nil)
            registry = ClientRegistry(clients, of: file, [:], &mistakes)
        case .spiffe(let bundle, let trustDomain):
            let anchors = mistakes.loadBundle(bundle)
            let validator = anchors.flatMap { anchors in
                mistakes.load(bundle) { () throws(CredentialFault) in try CertificatePathValidator(anchors, depth: depth) }
            }
            (trust, self.anchors) = (validator.map { .spiffe($0, trustDomain: trustDomain) }, anchors)
            registry = ClientRegistry(clients, of: file, [:], &mistakes)
        case .authorities(let parts, let usage):
            var revocation: [[UInt8]: RevocationPolicy] = [:]
            var policies: [[UInt8]: HoldfastConfiguration.Revocation?] = [:]
            var read: [TrustAnchors] = []
            var byFile: [String: TrustAnchors] = [:]
            for part in parts {
                let anchors = mistakes.loadAuthorities(part.file)
                let policy = part.revocation.flatMap { mistakes.load($0, of: part.file) }
                guard let anchors else { continue }
                read.append(anchors)
                byFile[part.file.path] = anchors
                for der in anchors.certificates {
                    // Whichever of them held, the other's file would say what is not so.
                    if let other = policies[der], other != part.revocation {
                        mistakes.add(part.file, "has a CA that another of `authorities` has too, with another `revocation`")
                    }
                    policies[der] = .some(part.revocation)
                    if let policy { revocation[der] = policy }
                }
            }
            registry = ClientRegistry(clients, of: file, byFile, &mistakes)
            guard let first = parts.first?.file, let authorities = TrustAnchors(read) else {
                (trust, anchors) = (nil, nil)
                return
            }
            let anchors = mistakes.loadIntermediates(intermediates, below: authorities)
            let validator = mistakes.load(first) { () throws(CredentialFault) in
                try CertificatePathValidator(anchors, of: usage == .any ? .anybody : .clients, depth: depth, revocation: revocation)
            }
            trust = validator.map { .authorities($0) }
            self.anchors = anchors
        }
    }
}
