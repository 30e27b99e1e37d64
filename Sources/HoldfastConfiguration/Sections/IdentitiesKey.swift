extension HoldfastConfiguration.Listener {
    /// Several hosts, each with a certificate of its own and, where it says so, other clients.
    ///
    /// `identities`: a list of sections with
    /// - `hosts` (list of names, `*.` before one for all with one label more, and IP addresses, without ports; required)
    /// - `certificate`, `private_key` (files, PEM; required)
    /// - `client_certificates` (as at the top, without `deny`; default: the same clients as the listener's)
    static func identities(
        _ section: Section, hosts: [String], _ folder: String, _ profile: HoldfastConfiguration.Profile?
    ) -> [HoldfastConfiguration.Identity] {
        guard section.has("identities") else { return [] }
        if !section.has("hosts") {
            section.miss("hosts", "With `identities`, write the hosts that the listener's own `certificate` is for.")
        }
        var taken = Set(hosts)
        let known = ["hosts", "certificate", "private_key", "client_certificates"]
        return section.items("identities", known: known) { _, _ throws(Complaint) in
            throw Complaint("A section with `hosts`, `certificate` and `private_key` is expected here.")
        } section: { item in
            let hosts = item.list("hosts") { node throws(Complaint) in
                let host = try Self.host(node)
                guard taken.insert(host).inserted else {
                    throw Complaint("`\(host)` is a host of another identity already. Each host has one certificate and one set of clients.")
                }
                return host
            }
            if !item.has("hosts") { item.miss("hosts", "Write the hosts that clients reach by this certificate.") }
            let certificate = item.requiredFile(
                "certificate", "Write the file with the server's certificate chain in PEM, leaf first.", in: folder)
            let privateKey = item.requiredFile("private_key", "Write the file with the certificate's private key in PEM.", in: folder)
            let clients = item.section("client_certificates", known: HoldfastConfiguration.ClientTrust.trustKeys)
            let registered =
                clients.map { HoldfastConfiguration.RegisteredClient.all($0, folder, isVouched: $0.peek("trust") != "any") } ?? []
            let trust = clients.flatMap { HoldfastConfiguration.ClientTrust($0, registered, in: item, folder, profile) }
            guard let hosts, let certificate, let privateKey, clients == nil || trust != nil else { return nil }
            return HoldfastConfiguration.Identity(
                hosts: hosts, pair: HoldfastConfiguration.KeyPair(certificate: certificate, privateKey: privateKey), clientTrust: trust,
                intermediates: clients?.files("intermediates", in: folder) ?? [],
                maxIntermediates: HoldfastConfiguration.ClientTrust.maxIntermediates(clients), clients: registered)
        } ?? []
    }
}
