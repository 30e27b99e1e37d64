internal import BindingPolicy

extension CertificateTerms {
    static let unvouched =
        "With `trust: any` nobody vouches for what a certificate says, so nothing can be made of it. Write `trust: authorities`, or remove this key."

    private static let keys = ["roles", "organization", "subject", "dns", "uri", "other_name", "spiffe_id"]

    /// `certificate` of a route, all of which must hold; each value but a role's is one or a list of which one must match.
    /// - `roles` (`PSP_AS`, `PSP_PI`, `PSP_AI`, `PSP_IC`; one or a list, each of which it must have)
    /// - `organization` (the subject's `organizationIdentifier`; `*` at the end for any ending)
    /// - `subject` (attribute: value; attributes by their short names or object identifiers; `*` at the end for any ending)
    /// - `dns` (host name, or `*.example.com` for one label below)
    /// - `uri` (`/*` at the end for whatever is below)
    /// - `other_name` (object identifier: value; `*` at the end for any ending)
    /// - `spiffe_id` (`spiffe://trust.domain/path`; `/*` at the end for whatever is below)
    ///
    /// Nil where the key is absent or nothing in it can be read.
    init?(_ route: Section, isVouched: Bool) {
        guard let section = route.section("certificate", known: Self.keys) else { return nil }
        if !isVouched { route.complain(Self.unvouched, "certificate") }
        if Self.keys.allSatisfy({ !section.has($0) }) {
            section.miss("roles", "Write at least one of \(Self.keys.map { "`\($0)`" }.joined(separator: ", ")).")
        }
        let roles = section.list("roles", single: true, choice(PaymentRole.self)) ?? []
        self.init(roles: roles, terms: Term.all(section))
    }
}

extension CertificateTerms.Term {
    /// Those of a section that can be read; what cannot is logged.
    static func all(_ section: Section) -> [Self] {
        typealias Reader = (ConfigurationNode) throws(Complaint) -> ValuePattern
        let plain: [(String, Kind, Reader)] = [
            ("organization", .organization, ValuePattern.text), ("dns", .dns, ValuePattern.host), ("uri", .uri, ValuePattern.uri),
            ("spiffe_id", .spiffeID, ValuePattern.spiffeID),
        ]
        let single = plain.compactMap { key, kind, read in section.list(key, single: true, read).map { Self(kind, $0) } }
        let subject = section.dictionary("subject", example: "O: Example Ltd") { name, node throws(Complaint) in
            Self(.subject(try ObjectIdentifier.ofAttribute(name)), try patterns(node))
        }
        let others = section.dictionary("other_name", example: "1.3.6.1.4.1.311.20.2.3: somebody@example.com") { name, node throws(Complaint) in
            Self(.otherName(try ObjectIdentifier.parse(name)), try patterns(node))
        }
        return single + (subject ?? []) + (others ?? [])
    }

    /// One, or a list of at least one.
    private static func patterns(_ node: ConfigurationNode) throws(Complaint) -> [ValuePattern] {
        guard case .list(let nodes) = node.content else { return [try ValuePattern.text(node)] }
        guard !nodes.isEmpty else { throw Complaint("The list is empty. Write at least one value.") }
        var patterns: [ValuePattern] = []
        for node in nodes { patterns.append(try ValuePattern.text(node)) }
        return patterns
    }
}

extension ValuePattern {
    private static let star = UInt8(ascii: "*")

    static func text(_ node: ConfigurationNode) throws(Complaint) -> ValuePattern {
        let octets = Array(try node.text().utf8)
        guard !octets.dropLast().contains(star) else { throw Complaint("`*` is possible at the end only, where it stands for any ending.") }
        return octets.last == star ? .beginning(octets.dropLast()) : .exactly(octets)
    }

    static func host(_ node: ConfigurationNode) throws(Complaint) -> ValuePattern {
        let text = try node.text()
        let isBelow = text.hasPrefix("*.")
        guard let name = hostName(Array(text.utf8.dropFirst(isBelow ? 1 : 0))), text.utf8.count <= 255, name.count > 1 || !isBelow else {
            throw Complaint("`\(text.shortened)` is not the name of a host. `*.` is possible at the beginning, and stands for one label.")
        }
        return isBelow ? .labelBelow(name) : .host(name)
    }

    /// What an ending is free of must not be free to change the host.
    static func uri(_ node: ConfigurationNode) throws(Complaint) -> ValuePattern {
        let text = try node.text()
        let fixed = text.hasSuffix("*") ? String(text.dropLast()) : text
        let parts = fixed.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard fixed.contains(":"), fixed.utf8.allSatisfy({ 0x21...0x7e ~= $0 }), !fixed.contains("*") else {
            throw Complaint("`\(text.shortened)` is not a URI. `/*` is possible at the end, and stands for whatever is below.")
        }
        guard fixed.utf8.count < text.utf8.count else { return .exactly(Array(text.utf8)) }
        guard parts.count == 2 ? fixed.hasSuffix("/") && parts[1].dropFirst().contains("/") : fixed.hasSuffix(":") else {
            throw Complaint("`*` stands for whatever is below a `/` of the path, or for the last part of a URN. Write `/*` at the end.")
        }
        return .beginning(Array(fixed.utf8))
    }

    static func spiffeID(_ node: ConfigurationNode) throws(Complaint) -> ValuePattern {
        let text = try node.text()
        let isBelow = text.hasSuffix("/*")
        guard let id = SPIFFEID(isBelow ? String(text.dropLast(2)) : text), isBelow || !id.path.isEmpty else {
            throw Complaint(
                "`\(text.shortened)` is not a workload's SPIFFE id, such as `spiffe://example.org/billing`. `/*` is possible at the end, and stands for whatever is below."
            )
        }
        return isBelow ? .beginning(Array(text.utf8.dropLast())) : .exactly(Array(text.utf8))
    }
}

/// Kinds of values, as object identifiers with dots.
enum ObjectIdentifier {
    /// An attribute of a subject, by its short name (RFC 4519) or its identifier.
    static func ofAttribute(_ name: String) throws(Complaint) -> String {
        if let known = attributes.first(where: { $0.key.lowercased() == name.lowercased() }) { return known.value }
        guard name.contains("."), let identifier = try? parse(name) else {
            let hint = Suggestion.nearest(to: name, among: attributes.keys.sorted()).map { " Did you mean `\($0)`?" } ?? ""
            throw Complaint(
                "`\(name.shortened)` is no attribute known here: \(attributes.keys.sorted().map { "`\($0)`" }.joined(separator: ", ")) are, and object identifiers such as `2.5.4.10`.\(hint)"
            )
        }
        return identifier
    }

    /// At least two numbers with dots between, without leading zeros, the first two as X.660 bounds them.
    static func parse(_ text: String) throws(Complaint) -> String {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in UInt32(part).flatMap { String($0) == part ? $0 : nil } }
        guard (2...32).contains(parts.count), numbers.count == parts.count, numbers[0] <= 2, numbers[1] < 40 else {
            throw Complaint("`\(text.shortened)` is not an object identifier, such as `1.3.6.1.4.1.311.20.2.3`.")
        }
        return text
    }

    private static let attributes = [
        "CN": "2.5.4.3", "SN": "2.5.4.4", "serialNumber": "2.5.4.5", "C": "2.5.4.6", "L": "2.5.4.7", "ST": "2.5.4.8", "street": "2.5.4.9",
        "O": "2.5.4.10", "OU": "2.5.4.11", "title": "2.5.4.12", "GN": "2.5.4.42", "organizationIdentifier": "2.5.4.97",
        "DC": "0.9.2342.19200300.100.1.25", "UID": "0.9.2342.19200300.100.1.1", "emailAddress": "1.2.840.113549.1.9.1",
    ]
}
