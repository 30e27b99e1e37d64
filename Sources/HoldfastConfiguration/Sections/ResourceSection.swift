import HTTPWire

extension HoldfastConfiguration.Resource {
    /// - `identifier` (URL, which may have a query; required): what this API calls itself (RFC 9728 section 1.2)
    /// - `metadata_address` (IP address and port; optional): a TLS listener without client certificates for the metadata alone
    /// - `name` (optional): for people (`resource_name`)
    /// - `documentation`, `policy_uri`, `terms_of_service_uri` (URLs; optional)
    ///
    /// - Parameter taken: addresses that other sections listen on already, by their keys.
    init?(_ root: Section, taken: [(key: String, address: NetworkAddress)]) {
        guard
            let section = root.section(
                "resource", known: ["identifier", "metadata_address", "name", "documentation", "policy_uri", "terms_of_service_uri"])
        else { return nil }
        let identifier = section.required(
            "identifier", "Write the URL of this API, such as `https://api.example.com`.", HTTPURL.trusted)
        metadataAddress = section.optional("metadata_address", NetworkAddress.init)
        if let metadataAddress, metadataAddress.port != 0, let other = taken.first(where: { $0.address == metadataAddress }) {
            section.complain("This is `\(other.key)` too. Choose another port.", "metadata_address")
        }
        name = section.optional("name") { node throws(Complaint) in try node.freeText() }
        documentation = section.optional("documentation", HTTPURL.trusted)
        policy = section.optional("policy_uri", HTTPURL.trusted)
        terms = section.optional("terms_of_service_uri", HTTPURL.trusted)
        guard let identifier else { return nil }
        self.identifier = identifier
    }
}
