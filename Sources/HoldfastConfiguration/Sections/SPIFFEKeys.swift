internal import BindingPolicy

extension HoldfastConfiguration.ClientTrust {
    /// With `trust: spiffe`:
    /// - `bundle` (file, the trust domain's bundle as a JWK set; required)
    /// - `trust_domain` (its name, without `spiffe://`; required)
    static func spiffe(
        _ section: Section, _ clients: [HoldfastConfiguration.RegisteredClient], _ folder: String
    ) -> HoldfastConfiguration.ClientTrust? {
        for client in clients {
            guard case .authority(let authority) = client.recognition else { continue }
            section.log.add(
                "With `trust: spiffe` the authorities are those of `bundle`, of all clients. Write `spiffe_id` in its place.",
                at: authority.file.position, authority.file.keyPath)
        }
        for key in ["authorities", "intermediates", "revocation_lists", "usage"] where section.has(key) {
            section.complain("With `trust: spiffe` the authorities are those of `bundle`, whose certificates live for hours. Remove this key.", key)
        }
        let bundle = section.requiredFile("bundle", "Write the file with the trust domain's bundle, a JWK set.", in: folder)
        let domain = section.required("trust_domain", "Write the trust domain's name, such as `example.org`.") { node throws(Complaint) in
            let text = try node.text()
            guard SPIFFEID.isTrustDomain(text.utf8) else {
                let hint = text.hasPrefix(SPIFFEID.scheme) ? " Write it without `\(SPIFFEID.scheme)`." : ""
                throw Complaint(
                    "`\(text.shortened)` is not the name of a trust domain: lower-case letters, digits, `.`, `-` and `_` are possible.\(hint)")
            }
            return text
        }
        guard let bundle, let domain else { return nil }
        return .spiffe(bundle: bundle, trustDomain: domain)
    }
}
