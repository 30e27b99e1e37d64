internal import BindingPolicy

extension HoldfastConfiguration.RegisteredClient {
    /// How a certificate can be known, and which key says so.
    private static let ways = ["authority", "certificates", "keys", "organization", "subject", "dns", "uri", "other_name", "spiffe_id"]

    /// `clients`: a list of sections; with it, certificates of nobody else are accepted. Each has
    /// - `id` (1 to 64 letters, digits, `-`, `.`, `_`; required, each once)
    /// - exactly one of
    ///   - `authority`: a file with its own CA, or a section with `file` and `revocation` as in `authorities`; it need not be named there
    ///   - `certificates`: thumbprints, or files whose first certificate it is
    ///   - `keys`: SHA-256 digests of SubjectPublicKeyInfo, or files with a public key or a certificate
    ///   - `organization`, `subject`, `dns`, `uri`, `other_name` or `spiffe_id`, as in `certificate` of a route
    /// - `scopes` (list, may be empty; default: all that its tokens have)
    /// - `client_id` (one or a list, of which one must be in its tokens; default: any)
    ///
    /// - Parameter isVouched: whether an authority vouches for what certificates say.
    static func all(_ section: Section, _ folder: String, isVouched: Bool) -> [Self] {
        guard section.has("clients") else { return [] }
        var ids: [String: Int] = [:]
        let clients = section.items("clients", known: ["id"] + ways + ["scopes", "client_id"]) { _, _ throws(Complaint) in
            throw Complaint("A section with `id` and one of \(words(ways)) is expected here.")
        } section: { item in
            one(item, folder, isVouched: isVouched, &ids)
        }
        if let clients { complainOfRivals(clients, section.log) }
        return clients ?? []
    }

    private static func one(_ item: Section, _ folder: String, isVouched: Bool, _ ids: inout [String: Int]) -> Self? {
        let id = item.required("id", "Write a name for the log, such as `acme`.", name)
        if let id, let first = ids.updateValue(item.position.line, forKey: id) {
            item.complain("`\(id)` is the id of the client in line \(first) already. Choose another.", "id")
        }
        let given = ways.filter(item.has)
        if given.count != 1 {
            let what = given.isEmpty ? "No way to know its certificates is given." : "\(words(given)) are given together."
            item.complain("\(what) Write exactly one of \(words(ways)).", given.last ?? "authority")
        }
        if let way = given.first, !isVouched, !["certificates", "keys"].contains(way) {
            item.complain(
                "With `trust: any` nobody vouches for what a certificate says. Write `certificates` or `keys`, or `trust: authorities`.", way)
        }
        let recognition = recognition(item, folder)
        let scopes = item.list("scopes", mayBeEmpty: true, scope)
        let clientIDs = item.list("client_id", single: true) { node throws(Complaint) in try node.text() }
        guard let id, let recognition, !item.has("scopes") || scopes != nil, !item.has("client_id") || clientIDs != nil else { return nil }
        return Self(
            id: id, recognition: recognition, scopes: scopes, clientIDs: clientIDs, keyPath: item.keyPath, position: item.position)
    }

    private static func recognition(_ item: Section, _ folder: String) -> Recognition? {
        if item.has("authority") { return HoldfastConfiguration.Authorities.own(item, "authority", folder).map { .authority($0) } }
        for (key, recognition) in [("certificates", Recognition.certificates), ("keys", Recognition.keys)] where item.has(key) {
            return item.list(key, single: true) { node throws(Complaint) in try pin(node, at: "\(item.keyPath).\(key)", item, folder) }
                .map(recognition)
        }
        return CertificateTerms.Term.all(item).first.map { .terms(CertificateTerms(terms: [$0])) }
    }

    private static func pin(_ node: ConfigurationNode, at place: String, _ item: Section, _ folder: String) throws(Complaint) -> Pin {
        if let digest = Thumbprint(written: try node.text()) { return .digest(digest) }
        return .file(try item.located(node, at: place, in: folder))
    }

    private static func name(_ node: ConfigurationNode) throws(Complaint) -> String {
        let text = try node.text()
        guard (1...64).contains(text.utf8.count), text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }) else {
            throw Complaint("`\(text.shortened)` is no id: 1 to 64 letters, digits, `-`, `.` and `_` are possible.")
        }
        return text
    }

    private static func scope(_ node: ConfigurationNode) throws(Complaint) -> String {
        let scope = try node.text()
        guard scope.utf8.allSatisfy({ 0x21...0x7e ~= $0 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) else {
            throw Complaint("`\(scope.shortened)` is not a scope: it holds a space or another character that scopes cannot have.")
        }
        return scope
    }

    private static func words(_ keys: [String]) -> String { keys.map { "`\($0)`" }.joined(separator: ", ") }

    // MARK: One certificate, two clients

    /// What can be seen without the files; with them the server looks again, and at run time whoever would be two is not let in.
    private static func complainOfRivals(_ clients: [Self], _ log: MistakeLog) {
        for (index, client) in clients.enumerated() {
            guard let rival = clients[..<index].first(where: { $0.recognition.overlaps(client.recognition) }) else { continue }
            log.add(
                "A certificate could be one of `\(rival.id)` (line \(rival.position.line)) too, and then it would be refused as nobody's. Have each certificate fit one client only.",
                at: client.position, client.keyPath)
        }
    }
}

extension HoldfastConfiguration.RegisteredClient.Recognition {
    fileprivate func overlaps(_ other: Self) -> Bool {
        switch (self, other) {
        case (.authority(let one), .authority(let another)): one.file == another.file
        case (.certificates(let pins), .certificates(let others)), (.keys(let pins), .keys(let others)): pins.contains(where: others.contains)
        case (.terms(let terms), .terms(let others)): terms.overlap(others)
        default: false
        }
    }
}
