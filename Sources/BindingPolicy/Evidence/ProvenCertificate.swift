/// The certificate whose key a connection proved, kept for as long as the connection lasts: the verdict about it may have to be made anew.
package protocol ProvenCertificate: AnyObject, Sendable {
    var thumbprint: Thumbprint { get }
    /// DER, the certificate first, then of what the client sent beside it those that its path to an authority needs.
    var chain: [[UInt8]] { get }
}
