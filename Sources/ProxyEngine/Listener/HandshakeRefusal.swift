import NIOCore

/// A client connection that ended in its handshake, for the log.
package struct HandshakeRefusal: Sendable {
    /// A reason code, from a closed set.
    package let code: String
    package let address: String
    /// Nil where nothing of the kind was read.
    package let hello: ClientHello?
    /// DER of the certificate that was refused; nil where it was not about one.
    package let certificate: [UInt8]?
    /// What is wrong with that in words; nil where the code says it all.
    package let meaning: String?
}
