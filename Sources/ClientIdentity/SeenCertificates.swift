package import BindingPolicy
import Credentials
import Crypto
import Synchronization

/// Whose certificates were shown of late with a path to an authority, so that a renewal can be told from theft: a client that shows its new certificate with a token bound
/// to the old one needs a new token, and nobody has stolen anything.
///
/// Holder and issuer are known by a digest of their names, and an entry is as small as any other, so that a bound on their number is one on
/// what they hold. One for the life of the process: it says nothing about who is let in.
package final class SeenCertificates: Sendable {
    private struct Memory {
        var current: [Thumbprint: Thumbprint] = [:]
        var previous: [Thumbprint: Thumbprint] = [:]

        func holder(of leaf: Thumbprint) -> Thumbprint? { current[leaf] ?? previous[leaf] }
    }

    private let generationLimit: Int
    private let memory = Mutex(Memory())

    /// - Parameter limit: certificates remembered at most; at least half of them are the latest seen.
    package init(limit: Int = 65_536) { generationLimit = max(1, limit / 2) }

    /// It has a path to an authority, whoever shows it: that is all that a renewal is told by. One without a subject is of nobody in particular.
    func note(_ certificate: ClientCertificate) {
        guard memory.withLock({ $0.current[certificate.thumbprint] == nil }), let parsed = OpenSSLCertificate(der: certificate.presented.leaf)
        else { return }
        let (subject, issuer) = (parsed.subject, parsed.issuer)
        guard !subject.isEmpty else { return }
        // RFC 2253 text has no control characters.
        let holder = Thumbprint(ofSHA256: SHA256.hash(data: Array("\(issuer)\n\(subject)".utf8)))
        memory.withLock { memory in
            if memory.current.count >= generationLimit {
                memory.previous = memory.current
                memory.current = [:]
            }
            memory.current[certificate.thumbprint] = holder
        }
    }

    /// Whether both were shown, as certificates of one subject from one issuer.
    package func areOfOneHolder(_ one: Thumbprint, _ other: Thumbprint) -> Bool {
        memory.withLock { memory in
            guard one != other, let holder = memory.holder(of: one) else { return false }
            return holder == memory.holder(of: other)
        }
    }
}
