package import HTTPWire

/// Where an issuer publishes what (RFC 8414): the addresses of its metadata, and what is read from it.
package enum IssuerMetadata {
    package enum Fault: Error, Equatable, Sendable {
        /// Not a JSON object, or one with a member twice.
        case malformed
        /// `issuer` is another one, if only by a slash: the document is not used (RFC 8414 section 3.3). Nil for none.
        case issuerMismatch(found: String?)
        /// Missing, or neither `https` nor as local as its issuer. Nil for none.
        case keySetAddressUnusable(found: String?)
        /// Likewise; where we show a certificate, it must be `https`.
        case introspectionEndpointUnusable(found: String?)

        /// From a closed set, for logs.
        package var code: String {
            switch self {
            case .malformed: "metadata_malformed"
            case .issuerMismatch: "issuer_mismatch"
            case .keySetAddressUnusable: "jwks_uri_unusable"
            case .introspectionEndpointUnusable: "introspection_endpoint_unusable"
            }
        }

        /// Follows the name of the document.
        package var words: String {
            switch self {
            case .malformed: "is no JSON object, or has a member twice"
            case .issuerMismatch(let found): "is of \(found.map { "the issuer `\($0)`" } ?? "no issuer"), and not of this one"
            case .keySetAddressUnusable(let found): "names \(found.map { "the `jwks_uri` `\($0)`, which cannot be used" } ?? "no `jwks_uri`")"
            case .introspectionEndpointUnusable(let found):
                "names \(found.map { "the introspection endpoint `\($0)`, which cannot be used" } ?? "no introspection endpoint")"
            }
        }
    }

    /// The issuer's own well-known address, put between host and path (RFC 8414 section 3.1); then OpenID Connect's, behind the path as
    /// OpenID Connect Discovery section 4 has it, and at last put between as well (RFC 8414 section 5).
    package static func addresses(of issuer: HTTPURL) -> [HTTPURL] {
        let path = issuer.path.utf8.last == UInt8(ascii: "/") ? String(issuer.path.dropLast()) : issuer.path
        let (server, openID) = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration")
        var addresses: [HTTPURL] = []
        for target in [server + path, path + openID, openID + path] {
            if let address = try? HTTPURL(issuer.origin + target), !addresses.contains(address) { addresses.append(address) }
        }
        return addresses
    }

    /// The `jwks_uri` of a metadata document that is the issuer's own.
    package static func keySetAddress(in json: [UInt8], of issuer: HTTPURL) throws(Fault) -> HTTPURL {
        let members = try Members(json, of: issuer)
        guard let url = members.keys.text.flatMap({ try? HTTPURL($0) }), isUsable(url, issuer) else {
            throw .keySetAddressUnusable(found: members.keys.shown)
        }
        return url
    }

    /// Where that issuer is asked about tokens.
    ///
    /// - Parameter byCertificate: whether we show one: then the mutual-TLS alias comes before the endpoint itself (RFC 8705 section 5).
    package static func introspectionEndpoint(in json: [UInt8], of issuer: HTTPURL, byCertificate: Bool) throws(Fault) -> HTTPURL {
        let members = try Members(json, of: issuer)
        let address = byCertificate && members.introspectionAlias != .absent ? members.introspectionAlias : members.introspection
        guard let url = address.text.flatMap({ try? HTTPURL($0) }), isUsable(url, issuer), url.isSecure || !byCertificate else {
            throw .introspectionEndpointUnusable(found: address.shown)
        }
        return url
    }

    private static func isUsable(_ url: HTTPURL, _ issuer: HTTPURL) -> Bool { url.isSecure || url.isLoopback && !issuer.isSecure }

    /// A member that is to be a text. What is null or empty is absent.
    private enum Member: Equatable {
        case absent
        case text(String)
        case other

        var text: String? { if case .text(let text) = self { text } else { nil } }

        /// For people; nil where it is absent.
        var shown: String? {
            switch self {
            case .absent: nil
            case .text(let text): text.printable()
            case .other: "(no text)"
            }
        }
    }

    /// What is read of a document. Members that nobody asks for may be whatever they are.
    private struct Members {
        private(set) var keys = Member.absent, introspection = Member.absent, introspectionAlias = Member.absent
        private var issuer = Member.absent

        init(_ json: [UInt8], of issuer: HTTPURL) throws(Fault) {
            do throws(JSONFault) {
                try json.withUnsafeBufferPointer { (octets) throws(JSONFault) in try read(UnsafeRawBufferPointer(octets)) }
            } catch {
                throw .malformed
            }
            guard case .text(let name) = self.issuer, name.utf8.elementsEqual(issuer.text.utf8) else {
                throw .issuerMismatch(found: self.issuer.shown)
            }
        }

        private mutating func read(_ json: UnsafeRawBufferPointer) throws(JSONFault) {
            var reader = JSONReader(json)
            try reader.beginObject()
            while let name = try reader.nextMember() {
                switch name {
                case "issuer": issuer = try Self.member(&reader)
                case "jwks_uri": keys = try Self.member(&reader)
                case "introspection_endpoint": introspection = try Self.member(&reader)
                case "mtls_endpoint_aliases": try readAliases(&reader)
                default: try reader.skipUnjudged()
                }
            }
            try reader.finish()
        }

        private mutating func readAliases(_ reader: inout JSONReader) throws(JSONFault) {
            guard try reader.peek() == .object else {
                introspectionAlias = try reader.skipVoid() ? .absent : .other
                if introspectionAlias == .other { try reader.skipUnjudged() }
                return
            }
            try reader.beginObject()
            while let name = try reader.nextMember() {
                if "introspection_endpoint" ~= name { introspectionAlias = try Self.member(&reader) } else { try reader.skipUnjudged() }
            }
        }

        private static func member(_ reader: inout JSONReader) throws(JSONFault) -> Member {
            switch try Claim(textFrom: &reader) {
            case .absent: .absent
            case .value(let text): .text(text.string)
            case .unfit: .other
            }
        }
    }
}
