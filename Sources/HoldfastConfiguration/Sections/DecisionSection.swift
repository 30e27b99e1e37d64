internal import BindingPolicy

extension HoldfastConfiguration.Decisions {
    /// - `address` (`unix:/path` or an IP address and port; required): where other proxies ask for decisions
    /// - `certificate`, `private_key` (files, PEM; required with an IP address)
    /// - `fronts` (required with an IP address): who may ask
    ///   - `authorities` (file, PEM; required): their CAs
    ///   - `dns`, `uri` (one or a list; at least one of the two): what a front's certificate must say, all of it
    /// - `claimed_identity` (`refuse` or `front-removes`; default `refuse`): what becomes of a request with a field by which its sender would be
    ///   taken for somebody, where its front cannot be told to remove it (all but Envoy)
    /// - `max_connections` (1 to 65536; default 512): of fronts, at once
    ///
    /// - Parameter taken: addresses that other sections listen on already, by their keys.
    init?(_ root: Section, _ folder: String, taken: [(key: String, address: NetworkAddress)]) {
        guard
            let section = root.section("decision", known: ["address", "certificate", "private_key", "fronts", "max_connections", "claimed_identity"])
        else { return nil }
        maxConnections = section.optional("max_connections", Bounds.maxConnections) ?? 512
        claimedIdentity = section.optional("claimed_identity", choice(HoldfastConfiguration.Decisions.ClaimedIdentity.self)) ?? .refuse
        let address = section.required("address", "Write a socket such as `unix:/run/holdfast/decision.sock`.") { node throws(Complaint) in
            try Address(node, folder)
        }
        switch address {
        case nil: return nil
        case .unix(let path):
            for key in ["certificate", "private_key", "fronts"] where section.has(key) {
                section.complain("On a socket of this machine there is no TLS: the rights of its folder say who may ask. Remove this key.", key)
            }
            place = .unix(path: path)
        case .network(let address):
            if address.port != 0, let other = taken.first(where: { $0.address == address }) {
                section.complain("This is `\(other.key)` too. Choose another port.", "address")
            }
            let certificate = section.requiredFile("certificate", Self.secured, in: folder)
            let privateKey = section.requiredFile("private_key", "Write the file with the certificate's private key in PEM.", in: folder)
            guard let fronts = Fronts(section, folder), let certificate, let privateKey else { return nil }
            place = .network(address, HoldfastConfiguration.KeyPair(certificate: certificate, privateKey: privateKey), fronts)
        }
    }

    private static let secured =
        "Over a network decisions need TLS on both sides: write a `certificate`, its `private_key` and `fronts`, or ask on a socket (`unix:/path`)."

    private enum Bounds {
        static let maxConnections = Quantity.count(1...65536, below: "no front could ask", above: "no front opens more; each takes a descriptor")
    }

    private enum Address {
        case unix(String)
        case network(NetworkAddress)

        init(_ node: ConfigurationNode, _ folder: String) throws(Complaint) {
            let text = try node.text()
            guard text.hasPrefix("unix:") else {
                self = .network(try NetworkAddress(node))
                return
            }
            let name = text.dropFirst("unix:".count)
            guard !name.isEmpty, !name.hasPrefix("//") else {
                throw Complaint("The path of the socket is expected after `unix:`, such as `unix:/run/holdfast/decision.sock`.")
            }
            let path = name.hasPrefix("/") || folder.isEmpty ? String(name) : "\(folder)/\(name)"
            // `sun_path` holds 108 octets, the last of them zero.
            guard path.utf8.count <= 107 else { throw Complaint("The path of the socket is longer than the 107 octets that the system allows.") }
            self = .unix(path)
        }
    }
}

extension HoldfastConfiguration.Decisions.Fronts {
    fileprivate init?(_ decision: Section, _ folder: String) {
        guard let section = decision.section("fronts", known: ["authorities", "dns", "uri"]) else {
            decision.miss("fronts", "Write the `authorities` of the proxies that may ask, and their names (`dns` or `uri`).")
            return nil
        }
        let authorities = section.requiredFile("authorities", "Write the file with the CAs of the fronts' certificates in PEM.", in: folder)
        let dns = section.list("dns", single: true, ValuePattern.host).map { CertificateTerms.Term(.dns, $0) }
        let uri = section.list("uri", single: true, ValuePattern.uri).map { CertificateTerms.Term(.uri, $0) }
        if !section.has("dns"), !section.has("uri") {
            section.miss("dns", "Write the names that the fronts' certificates have, or their `uri`: not all that these CAs issue for are fronts.")
        }
        guard let authorities, dns != nil || uri != nil else { return nil }
        self.authorities = authorities
        terms = CertificateTerms(terms: [dns, uri].compactMap(\.self))
        position = authorities.position
    }
}
