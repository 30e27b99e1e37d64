import HTTPWire

/// What an issuer calls itself: `iss` is compared with it octet by octet (RFC 7519 section 4.1.1, RFC 8414 section 2).
///
/// Usually an `https` URL, and then its metadata can be found; but issuers exist that are `urn:…`, an `http` URL or a bare name.
package struct IssuerIdentifier: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package var description: String { text }

    init(_ node: ConfigurationNode) throws(Complaint) {
        text = try node.text()
        guard text.utf8.count <= HTTPURL.maximumLength else {
            throw Complaint("The name is longer than \(HTTPURL.maximumLength) octets.")
        }
    }

    /// Whether it is an identifier as RFC 8414 section 2 has it, by which clients find metadata.
    package var isDiscoverable: Bool { (try? discoveryURL()) != nil }

    /// The URL that the issuer's metadata is found by (RFC 8414 section 3): `https`, or `http` on this machine, without query and
    /// fragment.
    func discoveryURL() throws(Complaint) -> HTTPURL {
        do throws(Complaint) {
            let url = try HTTPURL(configured: text)
            try url.requireTrust()
            guard url.query == nil else { throw Complaint("A URL that metadata is found by has no query (`?…`).") }
            return url
        } catch {
            throw Complaint(
                "\(error.message) Or keep it, and write what cannot be discovered then: `keys` (a URL or a file), and in `introspection` the `endpoint`."
            )
        }
    }
}
