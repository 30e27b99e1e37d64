import BindingPolicy

/// What a token's header says, as far as it is listened to (RFC 7515 section 4).
///
/// `jku`, `x5u`, `jwk`, `x5c` and `x5t` are read past: a token does not choose or bring the key that judges it.
struct JOSEHeader {
    /// `typ`, by what it stands for.
    enum TokenType: Equatable { case absent, jwt, accessToken, introspection, other }

    static let maximumKeyID = 1024

    let algorithm: SignatureAlgorithm
    let keyID: [UInt8]?
    let type: TokenType

    init(_ json: UnsafeRawBufferPointer) throws(TokenRefusal) {
        var members = Members()
        do throws(JSONFault) { try members.read(json) } catch { throw TokenRefusal(.headerMalformed, .text(error)) }
        if let unfit = members.unfit { throw TokenRefusal(.headerMalformed, unfit) }
        // No extension is understood, so whatever `crit` names is not; `b64` (RFC 7797) is not for JWTs.
        guard !members.critical else { throw TokenRefusal(.headerCritical) }
        // JWE members, and the compression of a payload: never part of a signed access token. PingAM says `"zip": "NONE"` of each.
        if let encryption = members.encryption { throw TokenRefusal(.headerMalformed, .foreign(encryption)) }
        guard let name = members.algorithm else { throw TokenRefusal(.algorithmMissing) }
        guard let algorithm = SignatureAlgorithm(name) else { throw TokenRefusal(.algorithmNotAllowed) }
        // A nested JWT (RFC 7519 section 5.2) is one more layer to verify: refused.
        if let content = members.content, Self.names(content, "jwt") { throw TokenRefusal(.typeNotAccepted, .nested) }
        self.algorithm = algorithm
        keyID = members.keyID?.octets
        guard keyID.map({ $0.count <= Self.maximumKeyID }) ?? true else { throw TokenRefusal(.headerMalformed) }
        type = members.type.map(Self.type) ?? .absent
    }

    /// The members of interest, as they stand in the text.
    private struct Members {
        var algorithm, keyID, type, content: JSONText?
        var critical = false
        var encryption: String?
        /// Each of the texts has a use, so one of another type is a fault.
        var unfit: TokenRefusal.Detail?

        mutating func read(_ json: UnsafeRawBufferPointer) throws(JSONFault) {
            var reader = JSONReader(json, maximumMembers: 128)
            try reader.beginObject()
            while let name = try reader.nextMember() {
                switch name {
                case "alg": algorithm = try text("alg", &reader)
                case "kid": keyID = try text("kid", &reader)
                case "typ": type = try text("typ", &reader)
                case "cty": content = try text("cty", &reader)
                // Even where it is empty: there is no such `crit` (RFC 7515 section 4.1.11).
                case "crit", "b64":
                    critical = true
                    try reader.skip()
                case "zip": if let zip = try text("zip", &reader), !("NONE" ~= zip) { encryption = "zip" }
                case "enc", "epk", "p2c", "p2s":
                    if try !reader.skipVoid() {
                        encryption = name.string
                        try reader.skip()
                    }
                default: try reader.skip()
                }
            }
            try reader.finish()
        }

        /// Nil for what says nothing.
        private mutating func text(_ name: String, _ reader: inout JSONReader) throws(JSONFault) -> JSONText? {
            let member = try Claim<JSONText>(textFrom: &reader)
            if case .unfit(let kind) = member { unfit = .unfit(name, kind) }
            return member.value
        }
    }

    private static func type(_ text: JSONText) -> TokenType {
        if names(text, "at+jwt") { return .accessToken }
        if names(text, "jwt") { return .jwt }
        return names(text, "token-introspection+jwt") ? .introspection : .other
    }

    /// Whether a media type is `name`, with or without `application/`, in any case (RFC 7515 section 4.1.9).
    private static func names(_ text: JSONText, _ name: StaticString) -> Bool {
        text.withOctets { octets in
            let prefix: StaticString = "application/"
            let long = octets.count == prefix.utf8CodeUnitCount + name.utf8CodeUnitCount
            guard long || octets.count == name.utf8CodeUnitCount else { return false }
            let start = octets.count - name.utf8CodeUnitCount
            return (!long || equals(octets[..<start], prefix)) && equals(octets[start...], name)
        }
    }

    private static func equals(_ octets: Slice<UnsafeRawBufferPointer>, _ lowercase: StaticString) -> Bool {
        zip(octets, UnsafeBufferPointer(start: lowercase.utf8Start, count: lowercase.utf8CodeUnitCount)).allSatisfy { octet, expected in
            (UInt8(ascii: "A")...UInt8(ascii: "Z") ~= octet ? octet | 0x20 : octet) == expected
        }
    }
}
