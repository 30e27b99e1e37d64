package import BindingPolicy
import Credentials
import Crypto
import Synchronization

/// Whose certificates were shown of late with a path to an authority, so that a renewal can be told from theft: a client that shows its new
/// certificate with a token bound to the old one needs a new token, and nobody has stolen anything. The other way round, an old certificate
/// with a token of the new one, is told as theft: the old key may have been replaced because it leaked.
///
/// Holder and issuer are known by a digest of their names, and an entry is as small as any other, so that a bound on their number is one on
/// what they hold. One for the life of the process: it says nothing about who is let in.
package final class SeenCertificates: Sendable {
    private struct Entry {
        let holder: Thumbprint
        /// Seconds since 1970.
        let notBefore: Double
    }

    private struct Memory {
        var current: [Thumbprint: Entry] = [:]
        var previous: [Thumbprint: Entry] = [:]

        func entry(of leaf: Thumbprint) -> Entry? { current[leaf] ?? previous[leaf] }
    }

    private let generationLimit: Int
    private let memory = Mutex(Memory())

    /// - Parameter limit: certificates remembered at most; at least half of them are the latest seen.
    package init(limit: Int = 65_536) { generationLimit = max(1, limit / 2) }

    /// It has a path to an authority, whoever shows it: that is all that a renewal is told by. One without a subject is of nobody in particular.
    func note(_ certificate: ClientCertificate) {
        guard memory.withLock({ $0.current[certificate.thumbprint] == nil }), let parsed = OpenSSLCertificate(der: certificate.presented.leaf),
            let notBefore = parsed.window?.notBefore
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
            memory.current[certificate.thumbprint] = Entry(holder: holder, notBefore: notBefore)
        }
    }

    /// Whether both were shown, as certificates of one subject from one issuer, and the second is not the older one.
    package func isRenewed(_ bound: Thumbprint, by shown: Thumbprint) -> Bool {
        memory.withLock { memory in
            guard bound != shown, let old = memory.entry(of: bound), let new = memory.entry(of: shown) else { return false }
            return old.holder == new.holder && old.notBefore <= new.notBefore
        }
    }
}
