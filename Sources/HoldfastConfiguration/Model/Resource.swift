package import HTTPWire

extension HoldfastConfiguration {
    /// Protected resource metadata (RFC 9728 section 2).
    package struct Resource: Equatable, Sendable {
        package let identifier: HTTPURL
        /// A TLS listener without client certificates that serves only the metadata; nil for none.
        package let metadataAddress: NetworkAddress?
        package let name: String?
        package let documentation: HTTPURL?
        package let policy: HTTPURL?
        package let terms: HTTPURL?
    }

    /// Ecosystems that Holdfast knows the rules of.
    package enum Profile: String, CaseIterable, Sendable { case fapi2, fapi1, uk, brazil, cdr }
}
