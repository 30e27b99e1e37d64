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
        let address: String = try json.withUnsafeBufferPointer { (octets) throws(Fault) in
            let members: (issuer: JSONText?, keys: JSONText?)
            do throws(JSONFault) { members = try read(UnsafeRawBufferPointer(octets)) } catch { throw .malformed }
            guard let named = members.issuer, named.equals(issuer.utf8) else { throw .issuerMismatch }
            guard let keys = members.keys else { throw .keySetAddressUnusable }
            return keys.string
        }
        guard let url = FetchURL(address), url.isSecure || FetchURL(issuer)?.isSecure == false else { throw .keySetAddressUnusable }
        return url
    }

    private static func read(_ json: UnsafeRawBufferPointer) throws(JSONFault) -> (issuer: JSONText?, keys: JSONText?) {
        var members: (issuer: JSONText?, keys: JSONText?)
        var reader = JSONReader(json)
        try reader.beginObject()
        while let name = try reader.nextMember() {
            switch name {
            case "issuer": members.issuer = try reader.string()
            case "jwks_uri": members.keys = try reader.string()
            default: try reader.skip()
            }
        }
        try reader.finish()
        return members
    }
}
