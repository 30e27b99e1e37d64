/// Changes a JSON object member by member, so that what comes out is JSON nearly always: what a byte-wise mutator seldom reaches.
struct MemberMutator {
    typealias Member = (name: String, value: String)

    /// Values of every kind, right and wrong: JSON texts.
    static let values = [
        "null", "true", "false", "0", "-1", "1", "1.5", "1e999999", "-1e999999", "1e-999999", "1E400", "9999999999999", "253402300799",
        "253402300800", "1900000300.5", "19e8", "1900000300e0", #""1900000300""#, #""""#, #""true""#, #""\u0061""#, #""\ud83d\ude00""#, #""x""#,
        #""Bearer""#, #""access_token""#, #""Refresh""#, #""id_token""#, #""Ed25519""#, #""NONE""#, #"["a","b c",""]"#, "[null]", "{ }",
        "[]", "{}", #"["x"]"#, "[true]", "[[]]", #"{"a":1}"#, #"{"x5t#S256":""}"#, #"{"x5t#S256":null}"#, #"{"jkt":"a"}"#, #"{"a":1,"a":2}"#,
        #"{"a":1,"\u0061":2}"#, String(repeating: "[", count: 15) + String(repeating: "]", count: 15),
        String(repeating: "[", count: 40) + String(repeating: "]", count: 40), #""\ud800""#, "NaN", "01", "tru", "[1,]", "{,}",
        #"{"x5t#S256":"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0","x5t#S256":"B4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"}"#,
    ]

    /// Names that mean something to somebody.
    static let names = [
        "iss", "aud", "sub", "exp", "nbf", "iat", "jti", "cnf", "scope", "client_id", "acr", "auth_time", "active", "token_introspection",
        "alg", "kid", "typ", "cty", "crit", "b64", "jku", "jwk", "x5u", "x5c", "enc", "zip", "p2c", "at_hash", "events", "department",
        "roles", "x5t#S256", "", "a", "username", "token_type", "token_use", "scp",
    ]

    private(set) var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// - Returns: the object's text after up to three changes.
    mutating func changed(_ members: [Member]) -> String {
        var members = members
        for _ in 0..<1 + random.below(3) { change(&members) }
        return text(members)
    }

    private mutating func change(_ members: inout [Member]) {
        let at = random.below(members.count)
        switch members.isEmpty ? 9 : random.below(12) {
        case 0, 1, 2: members[at].value = random.pick(Self.values)
        case 3: members.remove(at: at)
        case 4: members.swapAt(at, random.below(members.count))
        case 5: members.insert(members[at], at: random.below(members.count + 1))
        case 6: members.insert((escaped(members[at].name), random.pick(Self.values)), at: random.below(members.count + 1))
        case 7: members[at].name = escaped(members[at].name)
        case 8:
            let name = members[at].name
            members[at].name = random.pick([name.uppercased(), name + " ", name + "\\u0000", random.pick(Self.names)])
        case 9, 10: members.insert((random.pick(Self.names), random.pick(Self.values)), at: random.below(members.count + 1))
        default: members[at].value = random.pick(["[\(members[at].value)]", "{\"a\":\(members[at].value)}", " \(members[at].value)\n"])
        }
    }

    /// The same name in another spelling.
    private mutating func escaped(_ name: String) -> String {
        let scalars = Array(name.unicodeScalars)
        let at = random.below(scalars.count)
        return scalars.enumerated().map { index, scalar in
            guard index == at || random.oneIn(4), scalar.value < 0x80, scalar != "\\" else { return String(scalar) }
            let digits = String(scalar.value, radix: 16, uppercase: index % 2 == 0)
            return "\\u00" + (digits.count < 2 ? "0" : "") + digits
        }.joined()
    }

    private mutating func text(_ members: [Member]) -> String {
        let space = random.oneIn(8) ? random.pick([" ", "\n", "\t", "\r\n"]) : ""
        let object = "{" + members.map { "\"\($0.name)\"\(space):\($0.value)" }.joined(separator: "," + space) + "}"
        switch random.below(48) {
        case 0: return "[\(object)]"
        case 1: return object + space + random.pick(["{}", ",", "}", "\u{0}", " \n"])
        case 2: return "\u{feff}" + object
        default: return space + object + space
        }
    }
}
