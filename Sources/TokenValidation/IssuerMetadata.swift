/// Where an issuer publishes what (RFC 8414): the addresses of its metadata, and what is read from it.
package enum IssuerMetadata {
    package enum Fault: Error, Equatable, Sendable {
        /// The issuer is not a URL that may be fetched.
        case issuerNotFetchable
        case malformed
        /// `issuer` is another one, if only by a slash: the document is not used (RFC 8414 section 3.3).
        case issuerMismatch
        /// Missing, or neither `https` nor as local as its issuer.
        case keySetAddressUnusable
        /// Likewise; where we show a certificate, it must be `https`.
        case introspectionEndpointUnusable
    }

    /// The issuer's own well-known address first, then OpenID Connect's: the one is put between host and path, the other behind
    /// (RFC 8414 sections 3.1 and 5).
    package static func addresses(of issuer: String) throws(Fault) -> [FetchURL] {
        guard let url = FetchURL(issuer), !url.hasQuery else { throw .issuerNotFetchable }
        let path = url.path.utf8.last == UInt8(ascii: "/") ? String(url.path.dropLast()) : url.path
        let addresses = [
            FetchURL(url.origin + "/.well-known/oauth-authorization-server" + path),
            FetchURL(url.origin + path + "/.well-known/openid-configuration"),
        ].compactMap(\.self)
        guard addresses.count == 2 else { throw .issuerNotFetchable }
        return addresses
    }

    /// The `jwks_uri` of a metadata document that is the issuer's own.
    package static func keySetAddress(in json: [UInt8], of issuer: String) throws(Fault) -> FetchURL {
        let members = try Members(json, of: issuer)
        guard let url = members.keys.flatMap(FetchURL.init), isUsable(url, issuer) else { throw .keySetAddressUnusable }
        return url
    }

    /// Where that issuer is asked about tokens.
    ///
    /// - Parameter byCertificate: whether we show one: then the mutual-TLS alias comes before the endpoint itself (RFC 8705 section 5).
    package static func introspectionEndpoint(in json: [UInt8], of issuer: String, byCertificate: Bool) throws(Fault) -> FetchURL {
        let members = try Members(json, of: issuer)
        let address = byCertificate ? members.introspectionAlias ?? members.introspection : members.introspection
        guard let url = address.flatMap(FetchURL.init), isUsable(url, issuer), url.isSecure || !byCertificate else {
            throw .introspectionEndpointUnusable
        }
        return url
    }

    private static func isUsable(_ url: FetchURL, _ issuer: String) -> Bool { url.isSecure || FetchURL(issuer)?.isSecure == false }

    /// What is read of a document.
    private struct Members {
        private(set) var keys, introspection, introspectionAlias: String?

        init(_ json: [UInt8], of issuer: String) throws(Fault) {
            var isOfIssuer = false
            do throws(JSONFault) {
                isOfIssuer = try json.withUnsafeBufferPointer { (octets) throws(JSONFault) in
                    try read(UnsafeRawBufferPointer(octets), issuer)
                }
            } catch {
                throw .malformed
            }
            guard isOfIssuer else { throw .issuerMismatch }
        }

        private mutating func read(_ json: UnsafeRawBufferPointer, _ issuer: String) throws(JSONFault) -> Bool {
            var isOfIssuer = false
            var reader = JSONReader(json)
            try reader.beginObject()
            while let name = try reader.nextMember() {
                switch name {
                case "issuer": isOfIssuer = try reader.string().equals(issuer.utf8)
                case "jwks_uri": keys = try reader.string().string
                case "introspection_endpoint": introspection = try reader.string().string
                case "mtls_endpoint_aliases": try readAliases(&reader)
                default: try reader.skip()
                }
            }
            try reader.finish()
            return isOfIssuer
        }

        /// Members that are no endpoints are ignored.
        private mutating func readAliases(_ reader: inout JSONReader) throws(JSONFault) {
            try reader.beginObject()
            while let name = try reader.nextMember() {
                if "introspection_endpoint" ~= name { introspectionAlias = try reader.string().string } else { try reader.skip() }
            }
        }
    }
}
