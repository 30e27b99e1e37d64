package import BindingPolicy

/// A client's certificate with those that its path to an authority needs: what it takes to judge it again under another trust, or after a
/// list has changed.
/// Shared by the connections of one client, as long as its path is remembered.
package final class ClientCertificate: ProvenCertificate {
    package let thumbprint: Thumbprint
    /// What was sent.
    let presented: PresentedChain
    /// All of the path but its authority, what was lent included; without a path what was sent.
    package let chain: [[UInt8]]

    init(_ presented: PresentedChain) {
        self.presented = presented
        chain = [presented.leaf] + presented.others
        thumbprint = Thumbprint(ofCertificate: presented.leaf)
    }

    /// Of what was sent only what the path needs is kept. What was lent is not kept as if it had been sent: under a configuration that
    /// lends it no more there is no path.
    private init(_ other: ClientCertificate, on path: ValidatedPath) {
        presented = PresentedChain(leaf: other.presented.leaf, others: path.intermediates.filter(other.presented.others.contains))
        chain = [other.presented.leaf] + path.intermediates
        thumbprint = other.thumbprint
    }

    /// Whether something of its path was lent to it, and more was sent with the same certificate now.
    func rests(onLess other: ClientCertificate) -> Bool {
        let missing = chain.dropFirst().filter { !presented.others.contains($0) }
        return !missing.isEmpty && missing.contains(where: other.presented.others.contains)
    }

    func on(_ path: ValidatedPath) -> ClientCertificate { ClientCertificate(self, on: path) }

    /// Octets that it holds, about.
    var size: Int { 96 + chain.reduce(0) { $0 + $1.count } }
}
