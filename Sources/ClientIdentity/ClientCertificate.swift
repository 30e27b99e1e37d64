package import BindingPolicy

/// A client's certificate with those that its path to an authority needs: what it takes to judge it again under another trust, or after a
/// list has changed.
/// Shared by the connections of one client, as long as its path is remembered.
package final class ClientCertificate: ProvenCertificate {
    package let thumbprint: Thumbprint
    let presented: PresentedChain

    init(_ presented: PresentedChain) {
        self.presented = presented
        thumbprint = Thumbprint(ofCertificate: presented.leaf)
    }

    package var chain: [[UInt8]] { [presented.leaf] + presented.others }

    /// Octets that it holds, about.
    var size: Int { 96 + presented.others.reduce(presented.leaf.count) { $0 + $1.count } }
}
