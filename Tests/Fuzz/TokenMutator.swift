import BindingPolicy
import TokenValidation

/// Changes tokens that were issued, without a new signature; and makes rightly signed ones of changed content.
struct TokenMutator {
    let tokens: [IssuedToken]
    /// The tokens as issued, and those of the other ECDSA signature, (R, n - S): which token each one is.
    let originals: [[UInt8]: Int]
    let twins: [[UInt8]: Int]
    /// Whose signatures cost tens of microseconds: the rest is taken now and then.
    private let quick: [Int]
    private(set) var random: SplitMix64
    private var json: JSONMutator
    private var members: MemberMutator

    init(_ tokens: [IssuedToken], seed: UInt64) {
        self.tokens = tokens
        originals = Dictionary(tokens.enumerated().map { ($1.octets, $0) }) { first, _ in first }
        twins = Dictionary(
            tokens.enumerated().compactMap { index, token in
                token.signer.numbers.twin(token.signature).map { (Self.replacing(2, of: token.octets, with: $0), index) }
            }
        ) { first, _ in first }
        quick = tokens.indices.filter { tokens[$0].signer.algorithm != .es384 }
        random = SplitMix64(seed: seed)
        json = JSONMutator(seed: seed &+ 1)
        members = MemberMutator(seed: seed &+ 2)
    }

    /// Which issued token these octets stand for, with its own or with the other signature.
    func source(of octets: [UInt8]) -> Int? { originals[octets] ?? twins[octets] }

    mutating func below(_ bound: Int) -> Int { random.below(bound) }

    mutating func pick() -> Int { random.oneIn(32) ? random.below(tokens.count) : random.pick(quick) }

    /// A changed token; now and then an unchanged one.
    mutating func mutated() -> [UInt8] {
        let token = tokens[pick()]
        var octets = token.octets
        switch random.below(32) {
        case 0: if random.oneIn(4) { return octets }
        case 1...4: splice(&octets)
        case 5...9: recode(&octets)
        case 10...12: octets = Self.replacing(0, of: octets, with: Array(members.changed(token.header).utf8))
        case 13...15: octets = Self.replacing(1, of: octets, with: Array(members.changed(token.claims).utf8))
        case 16...20: octets = Self.replacing(2, of: octets, with: token.signer.numbers.changed(token.signature, &random))
        case 21...22: changeTailBits(&octets)
        case 23: changeKeyID(token, &octets)
        default: for _ in 0..<1 + random.below(2) { mutate(&octets) }
        }
        return octets
    }

    /// Content as it may come, signed as it ought to be by ES256 or EdDSA, whose signatures are cheap to make.
    mutating func signedNonsense() throws -> (octets: [UInt8], source: Int, header: [UInt8], claims: [UInt8]) {
        var index = pick()
        while ![.es256, .eddsa].contains(tokens[index].signer.algorithm) { index = pick() }
        let token = tokens[index]
        let header = random.oneIn(3) ? changed(token.header) : Array(IssuedToken.text(token.header).utf8)
        let claims = changed(token.claims)
        return (try IssuedToken.signed(header, claims, token.signer), index, header, claims)
    }

    mutating func changed(_ object: [IssuedToken.Member]) -> [UInt8] {
        random.oneIn(4) ? json.mutated(Array(IssuedToken.text(object).utf8)) : Array(members.changed(object).utf8)
    }

    /// The token with one of its parts (0 to 2) made of `content`.
    static func replacing(_ part: Int, of octets: [UInt8], with content: [UInt8]) -> [UInt8] {
        var parts = octets.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { Array($0) }
        if parts.indices.contains(part) { parts[part] = Array(Base64URL.encode(content).utf8) }
        return Array(parts.joined(separator: [UInt8(ascii: ".")]))
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    private mutating func mutate(_ octets: inout [UInt8]) {
        let alphabet = Self.alphabet + Array("..=+/~ \n".utf8)
        let at = random.below(octets.count)
        let length = min(1 + random.below(8), octets.count - at)
        switch random.below(6) {
        case 0: octets[at] = random.pick(alphabet)
        case 1: octets[at] ^= 1 << UInt8(random.below(8))
        case 2: octets.removeSubrange(at..<at + length)
        case 3: octets.insert(contentsOf: octets[at..<at + length], at: random.below(octets.count))
        case 4: octets.insert(random.pick(alphabet), at: at)
        default: octets[octets.count - 1 - random.below(4)] = random.pick(alphabet)
        }
        if octets.isEmpty { octets = [UInt8(ascii: ".")] }
    }

    /// Parts of two tokens put together, in some order, perhaps too many of them.
    private mutating func splice(_ octets: inout [UInt8]) {
        let other = tokens[pick()].octets
        let parts =
            octets.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            + other.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        // Each part in its place, from the one or the other: the mixture that gets furthest.
        if random.oneIn(2) {
            octets = Array((0..<3).map { parts[$0 + 3 * random.below(2)] }.joined(separator: [UInt8(ascii: ".")]))
            return
        }
        let count = random.oneIn(4) ? random.below(6) : 3
        octets = Array((0..<count).map { _ in random.pick(parts) }.joined(separator: [UInt8(ascii: ".")]))
    }

    /// One part decoded, changed as octets are, and encoded again.
    private mutating func recode(_ octets: inout [UInt8]) {
        let parts = octets.split(separator: UInt8(ascii: "."))
        let index = random.below(parts.count)
        guard let decoded = parts[index].withUnsafeBytes({ Base64URL.decode($0) }) else { return }
        octets = Self.replacing(index, of: octets, with: json.mutated(decoded))
    }

    /// Another last character of a part, of which only the bits that mean nothing differ, where there are any; or padding.
    private mutating func changeTailBits(_ octets: inout [UInt8]) {
        var parts = octets.split(separator: UInt8(ascii: ".")).map { Array($0) }
        let index = random.below(parts.count)
        guard let last = parts[index].last, let value = Self.alphabet.firstIndex(of: last) else { return }
        switch (random.below(4), parts[index].count % 4) {
        case (0, _): parts[index] += random.pick(["=", "==", "===", "A", "+"]).utf8
        case (_, 2): parts[index][parts[index].count - 1] = Self.alphabet[value & 0x30 | random.below(16)]
        case (_, 3): parts[index][parts[index].count - 1] = Self.alphabet[value & 0x3c | random.below(4)]
        default: parts[index][parts[index].count - 1] = random.pick(Self.alphabet)
        }
        octets = Array(parts.joined(separator: [UInt8(ascii: ".")]))
    }

    private mutating func changeKeyID(_ token: IssuedToken, _ octets: inout [UInt8]) {
        let kid = random.pick([
            #""k1""#, #""k2""#, #""k3""#, #""k4""#, #""K1""#, #""k1 ""#, #""k\u0031""#, #""../../dev/null""#, #""' OR 1=1""#, #""""#, "null",
            "1", "[]", #"["k1"]"#, "\"" + String(repeating: "k", count: 1 + random.below(3000)) + "\"",
        ])
        let header = token.header.filter { $0.name != "kid" } + [("kid", kid)]
        octets = Self.replacing(0, of: octets, with: Array(IssuedToken.text(header).utf8))
    }
}
