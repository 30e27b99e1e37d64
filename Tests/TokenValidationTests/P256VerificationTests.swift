import BindingPolicy
import Crypto
import Foundation
import Testing
import TokenValidation

/// Every verdict is held against swift-crypto's own.
@Suite("P-256 by multiples computed beforehand (JWT-21)", .serialized)
struct P256VerificationTests {
    /// A key with its multiples, and swift-crypto's.
    private struct Pair {
        let fixedPoint: P256FixedPoint
        let key: P256.Signing.PublicKey

        init(_ key: P256.Signing.PublicKey) throws {
            self.key = key
            fixedPoint = try #require(P256FixedPoint([UInt8](key.x963Representation)))
        }

        init(x: String, y: String) throws {
            try self.init(P256.Signing.PublicKey(x963Representation: [4] + P256VerificationTests.octets(x) + P256VerificationTests.octets(y)))
        }

        /// The verdict of both; nil where they differ.
        func verdict(_ signature: [UInt8], _ digest: [UInt8]) -> Bool? {
            let ours = signature.withUnsafeBytes { signature in digest.withUnsafeBytes { fixedPoint.verifies(signature, ofDigest: $0) } }
            let theirs = (try? P256.Signing.ECDSASignature(rawRepresentation: signature))
                .map { key.isValidSignature($0, for: ChosenDigest(digest)) } ?? false
            return ours == theirs ? ours : nil
        }
    }

    @Test func agreesWithSwiftCryptoOnSignaturesGoodAndChanged() throws {
        for _ in 0..<8 {
            let key = P256.Signing.PrivateKey()
            let pair = try Pair(key.publicKey)
            for _ in 0..<250 {
                let digest = (0..<32).map { _ in UInt8.random(in: 0...255) }
                let signature = [UInt8](try key.signature(for: ChosenDigest(digest)).rawRepresentation)
                #expect(pair.verdict(signature, digest) == true)
                var changed = signature
                changed[Int.random(in: 0..<64)] ^= 1 << UInt8.random(in: 0..<8)
                #expect(pair.verdict(changed, digest) == false)
                #expect(pair.verdict((0..<64).map { _ in UInt8.random(in: 0...255) }, digest) == false)
            }
        }
    }

    @Test func refusesNumbersOutOfRange() throws {
        let key = P256.Signing.PrivateKey()
        let pair = try Pair(key.publicKey)
        let digest = [UInt8](repeating: 7, count: 32)
        let good = [UInt8](try key.signature(for: ChosenDigest(digest)).rawRepresentation)
        let (r, s) = (Array(good[..<32]), Array(good[32...]))
        let order: [UInt8] = (-P256Scalar(1)).octets.dropLast() + [0x51]
        let numbers: [[UInt8]] = [
            P256Scalar.zero.octets, P256Scalar(1).octets, (-P256Scalar(1)).octets, order, Array(order.dropLast()) + [0x52], Array(repeating: 0xff, count: 32),
        ]
        #expect(pair.verdict(r + s, digest) == true)
        #expect(pair.verdict(s + r, digest) == false)
        for number in numbers {
            #expect(pair.verdict(number + s, digest) == false)
            #expect(pair.verdict(r + number, digest) == false)
            for other in numbers { #expect(pair.verdict(number + other, digest) == false) }
            #expect(pair.verdict(good, number) == false)
        }
        // The other S of the same R is a signature, too (SEC 1 section 4.1.4 knows no low S).
        #expect(pair.verdict(r + (-P256Scalar(s)).octets, digest) == true)
    }

    @Test func refusesOtherForms() throws {
        let key = P256.Signing.PrivateKey()
        let pair = try Pair(key.publicKey)
        let digest = [UInt8](repeating: 7, count: 32)
        let good = try key.signature(for: ChosenDigest(digest))
        let raw = [UInt8](good.rawRepresentation)
        let others: [[UInt8]] = [
            [], Array(good.derRepresentation), Array(raw.dropLast()), Array(raw.dropFirst()), raw + [0], [0] + raw, Array(raw[..<32]), raw + raw,
        ]
        for other in others {
            #expect(pair.verdict(other, digest) == false)
        }
        let verdict = raw.withUnsafeBytes { raw in digest.dropLast().withUnsafeBytes { pair.fixedPoint.verifies(raw, ofDigest: $0) } }
        #expect(verdict == false)
    }

    /// x(R) from the order up to the field's size: R and the order together. Made for it, as no signer will ever meet one.
    @Test(arguments: [
        (
            "fabcdfb1184969a66e81623cbf1ed0ac18bcf999a604f4490208947891cae40e", "50302d8cafab221cc59766b13b633604d7ae6250beeee9e3cbe45b053aa404e2",
            "0000000000000000000000000000000000000000000000000000000000000003"
        ),
        (
            "cc1d692134d8d0e7b9a3a95e53abbc5e830a0d8c2deb9678c32e7d5f3e81279e", "f0e91260f8873f95fd711ee8b6acfcad10b4498afb86161ac6082d2a04fe4a31",
            "000000000000000000000000000000004319055358e8617b0c46353d039cdaab"
        ),
    ])
    func acceptsAnAbscissaBeyondTheOrder(_ x: String, _ y: String, _ r: String) throws {
        let pair = try Pair(x: x, y: y)
        let r = Self.octets(r), s = P256Scalar(0x1234_5678_90ab_cdef).octets
        #expect(pair.verdict(r + s, Self.digest) == true)
        for other in [P256Scalar(r) + P256Scalar(1), P256Scalar(r) + -P256Scalar(1), -P256Scalar(r)] {
            #expect(pair.verdict(other.octets + s, Self.digest) == false)
        }
        #expect(pair.verdict(r + s, SHA256.hash(data: Data("holdfasu".utf8)).map { $0 }) == false)
    }

    @Test func refusesTheOrderAddedToANumber() throws {
        let pair = try Pair(
            x: "dd1be4740017834750d48324436c4ddb132c9576da6ccd84083a02617936a572", y: "bc344f53d0c2e8096d92a39e030ef1341b139d369536fa290a7c46cbd0de5878")
        let (r, s) = (P256Scalar(5).octets, P256Scalar(7).octets)
        // r + n and s + n: the same numbers modulo n, and of 32 octets still.
        let order = Array((-P256Scalar(1)).octets.dropLast())
        let (rAndOrder, sAndOrder) = (order + [0x56], order + [0x58])
        #expect(pair.verdict(r + s, Self.digest) == true)
        for signature in [rAndOrder + s, r + sAndOrder, rAndOrder + sAndOrder] { #expect(pair.verdict(signature, Self.digest) == false) }
    }

    @Test func computesWithMultipliersOfEveryShape() throws {
        var multipliers = [1, 2, 3, 63, 64, 65, 127, 128, 129, 1 << 63].map { P256Scalar($0) }
        var power = P256Scalar(1)
        for bit in 1..<256 {
            power = power + power
            // The windows of the tables are of 7 bits.
            if bit.isMultiple(of: 49) || bit > 250 { multipliers += [power, power + -P256Scalar(1), power + P256Scalar(1)] }
        }
        multipliers += multipliers.map { -$0 } + [P256Scalar.random()]
        let key = P256Scalar.random()
        let pair = try Pair(try #require(key.key).publicKey)
        for (index, u2) in multipliers.enumerated() {
            for u1 in [index.isMultiple(of: 2) ? .zero : .random(), multipliers[(index * 7 + 3) % multipliers.count]] {
                let forged = try #require(P256Forgery(u1: u1, u2: u2, key: key))
                #expect(pair.verdict(forged.signature, forged.e.octets) == true)
                #expect(pair.verdict(forged.signature, (forged.e + P256Scalar(1)).octets) == false)
                #expect(pair.verdict((forged.r + P256Scalar(1)).octets + forged.s.octets, forged.e.octets) == false)
            }
        }
    }

    /// Q = G and Q = −G: the addition doubles, or ends at infinity.
    @Test func addsPointsThatAreTheSameOrCancelEachOther() throws {
        for key in [P256Scalar(1), -P256Scalar(1), P256Scalar(2), P256Scalar(64)] {
            let pair = try Pair(try #require(key.key).publicKey)
            for u2 in [P256Scalar(1), P256Scalar(2), .random(), .random()] {
                let doubling = try #require(P256Forgery(u1: u2 * key, u2: u2, key: key))
                #expect(pair.verdict(doubling.signature, doubling.e.octets) == true)
                #expect(pair.verdict(doubling.signature, (-doubling.e).octets) == false)
                #expect(P256Forgery(u1: -(u2 * key), u2: u2, key: key) == nil)
                // u1 = −u2·d for any R: S is r/u2, and the digest −r·d.
                let r = P256Scalar.random()
                #expect(pair.verdict(r.octets + (r * u2.inverse).octets, (-(r * key)).octets) == false)
            }
        }
    }

    /// 1 and the like have no short way to their inverse: libcrypto's is taken.
    @Test func invertsEveryS() throws {
        for s in [P256Scalar(1), P256Scalar(2), P256Scalar(1 << 63), -P256Scalar(1), -P256Scalar(2), .random()] {
            for e in [P256Scalar.zero, P256Scalar(1), -P256Scalar(1), .random()] {
                let forged = try #require(P256Forgery(s: s, e: e, nonce: .random()))
                let pair = try Pair(forged.key.publicKey)
                #expect(pair.verdict(forged.signature, forged.e.octets) == true)
                #expect(pair.verdict(forged.r.octets + (s + P256Scalar(1)).octets, forged.e.octets) == false)
            }
        }
    }

    @Test func reducesADigestBeyondTheOrder() throws {
        let key = P256.Signing.PrivateKey()
        let pair = try Pair(key.publicKey)
        let order = (-P256Scalar(1)).octets.dropLast() + [0x51]
        for digest in [Array(order), Array(repeating: 0xff, count: 32), Array(repeating: 0, count: 32)] {
            let signature = [UInt8](try key.signature(for: ChosenDigest(digest)).rawRepresentation)
            #expect(pair.verdict(signature, digest) == true)
            #expect(pair.verdict(signature, P256Scalar(digest).octets) == true)
            #expect(pair.verdict(signature, (P256Scalar(digest) + P256Scalar(1)).octets) == false)
        }
    }

    @Test func takesNoPointThatIsNotOnTheCurve() throws {
        let good = [UInt8](P256.Signing.PrivateKey().publicKey.x963Representation)
        #expect(P256FixedPoint(good) != nil)
        var off = good
        off[64] ^= 1
        let zeros = [4] + [UInt8](repeating: 0, count: 64), ones = [4] + [UInt8](repeating: 0xff, count: 64)
        let others: [[UInt8]] = [[], [0], off, Array(good.dropLast()), good + [0], zeros, ones]
        for other in others {
            #expect(P256FixedPoint(other) == nil)
        }
    }

    @Test func findsInversesThatMultiplyToOne() {
        var found = 0
        for _ in 0..<2000 {
            let value = P256Scalar.random()
            guard let inverse = inverse(of: value) else { continue }
            #expect(value * inverse == P256Scalar(1))
            found += 1
        }
        #expect(found > 1990)
        for small in [P256Scalar(1), P256Scalar(2), P256Scalar(3), -P256Scalar(1), -P256Scalar(2)] {
            if let inverse = inverse(of: small) { #expect(small * inverse == P256Scalar(1)) }
        }
        #expect(inverse(of: .zero) == nil)
    }

    private func inverse(of value: P256Scalar) -> P256Scalar? {
        let words = value.words
        guard let inverse = P256ModularInverse.inverse(of: [words[0], words[1], words[2], words[3]]) else { return nil }
        var result = P256Scalar.zero
        result.words = [inverse[0], inverse[1], inverse[2], inverse[3]]
        return result
    }

    @Test func makesATableForAKeyThatVerifiesOftenWhileOthersVerify() async throws {
        let signer = P256.Signing.PrivateKey(), other = P256.Signing.PrivateKey()
        let key = P256VerificationKey(signer.publicKey)
        let digest = SHA256.hash(data: Data("a".utf8))
        let good = [UInt8](try signer.signature(for: digest).rawRepresentation)
        let bad = [UInt8](try other.signature(for: digest).rawRepresentation)
        /// Four tasks at once; the verdicts that are wrong.
        func wrongVerdicts() async -> Int {
            await withTaskGroup(of: Int.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        (0..<P256VerificationKey.verificationsBeforeTable).count { _ in
                            !key.verifies(good, of: digest) || key.verifies(bad, of: digest)
                        }
                    }
                }
                return await group.reduce(0, +)
            }
        }
        for _ in 0..<P256VerificationKey.verificationsBeforeTable { #expect(!key.verifies(bad, of: digest)) }
        #expect(!key.hasTable)
        #expect(await wrongVerdicts() == 0)
        let deadline = ContinuousClock.now + .seconds(20)
        while !key.hasTable, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(5)) }
        #expect(key.hasTable)
        #expect(await wrongVerdicts() == 0)
        #expect(!key.verifies(good, of: SHA256.hash(data: Data("b".utf8))))
    }

    @Test func judgesTokensAlikeBeforeTheTableAndAfter() async throws {
        let verifier = TokenVerifier(keys: keySet(SigningKey.p256.jwk()))
        let token = TokenMint().token
        let forged = TokenMint("ES256", .otherP256).token
        for _ in 0..<2 {
            for _ in 0..<P256VerificationKey.verificationsBeforeTable {
                #expect(verifier.refusal(of: token) == nil)
                #expect(verifier.refusal(of: forged) == .signatureInvalid)
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    @Test func makesABoundedNumberOfTables() throws {
        let signers = (0..<40).map { _ in P256.Signing.PrivateKey() }
        let digest = SHA256.hash(data: Data("a".utf8))
        do {
            let keys = signers.map { P256VerificationKey($0.publicKey) }
            for key in keys { key.makeTable() }
            // Another test's key may still hold one.
            let most = P256VerificationKey.maximumTables
            #expect((most - 2...most).contains(keys.count { $0.hasTable }))
            for (index, key) in keys.enumerated() {
                #expect(key.verifies([UInt8](try signers[index].signature(for: digest).rawRepresentation), of: digest))
                #expect(!key.verifies([UInt8](try signers[(index + 1) % 40].signature(for: digest).rawRepresentation), of: digest))
            }
        }
        // Keys that are gone give back theirs.
        let key = P256VerificationKey(signers[0].publicKey)
        key.makeTable()
        #expect(key.hasTable)
    }

    private static let digest = [UInt8](SHA256.hash(data: Data("holdfast".utf8)))

    private static func octets(_ hex: String) -> [UInt8] {
        let digits = hex.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
    }
}
