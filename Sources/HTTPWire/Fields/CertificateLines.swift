/// Whole field lines that say something of a client's certificate: made once, and shared by whoever sends them.
package final class CertificateLines: Sendable {
    package let octets: [UInt8]
    /// A dialect for each value that could not be written safely.
    package let leftOut: [CertificateDialect]

    package init(_ octets: [UInt8], leftOut: [CertificateDialect] = []) {
        self.octets = octets
        self.leftOut = leftOut
    }
}
