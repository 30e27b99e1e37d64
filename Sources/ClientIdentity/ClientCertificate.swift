package import BindingPolicy
import HTTPWire
import Synchronization

/// A client's certificate with those that were sent beside it: what it takes to judge it again under another trust, or after a list has
/// changed. Shared by the connections of one client, as long as its path is remembered; what it holds is counted there.
package final class ClientCertificate: ProvenCertificate {
    package let thumbprint: Thumbprint
    /// What was sent. What was lent is not kept as if it had been sent: under a configuration that lends it no more there is no path.
    let presented: PresentedChain
    /// All of the path but its authority, what was lent included; without a path what was sent.
    package let chain: [[UInt8]]
    private let told = Mutex(Told())

    /// What the upstream was last told of it; held by the connections that say it.
    private struct Told {
        weak var lines: CertificateLines?
        weak var forwarding: CertificateForwarding?
        var fault: DenialReason?
    }

    convenience init(_ presented: PresentedChain) {
        self.init(presented, chain: [presented.leaf] + presented.others, Thumbprint(ofCertificate: presented.leaf))
    }

    private init(_ presented: PresentedChain, chain: [[UInt8]], _ thumbprint: Thumbprint) {
        self.presented = presented
        self.chain = chain
        self.thumbprint = thumbprint
    }

    func on(_ path: ValidatedPath) -> ClientCertificate {
        // The same octets once.
        let intermediates = path.intermediates.map { part in presented.others.first { $0 == part } ?? part }
        return ClientCertificate(presented, chain: [presented.leaf] + intermediates, thumbprint)
    }

    /// With what was sent with the same certificate now: itself where that is nothing new. What its path needs comes first, then the
    /// latest, as far as there is room.
    func joined(with other: ClientCertificate) -> ClientCertificate {
        guard other !== self, other.presented.others.contains(where: { !presented.others.contains($0) }) else { return self }
        let sent = other.presented.others + presented.others
        var others: [[UInt8]] = []
        for part in chain.dropFirst().filter(sent.contains) + sent where !others.contains(part) {
            guard PresentedChain.isBounded(leaf: presented.leaf, others: others + [part]) else { continue }
            others.append(part)
        }
        return ClientCertificate(PresentedChain(leaf: presented.leaf, others: others), chain: chain, thumbprint)
    }

    /// - Parameter make: called where no connection has them.
    func lines(by forwarding: CertificateForwarding, _ fault: DenialReason?, make: () -> CertificateLines) -> CertificateLines {
        let known = told.withLock { $0.forwarding === forwarding && $0.fault == fault ? $0.lines : nil }
        if let known { return known }
        let lines = make()
        told.withLock { $0 = Told(lines: lines, forwarding: forwarding, fault: fault) }
        return lines
    }

    /// Octets that it holds, about.
    var size: Int { 96 + (chain + presented.others.filter { !chain.contains($0) }).reduce(0) { $0 + $1.count } }
}
