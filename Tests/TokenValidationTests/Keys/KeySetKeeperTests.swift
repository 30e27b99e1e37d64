import BindingPolicy
import Files
import Foundation
import HTTPWire
import Synchronization
import Testing
import TokenValidation

@Suite("Keeping key sets", .timeLimit(.minutes(10)))
struct KeySetKeeperTests: KeeperTesting {
    let fetcher = ScriptedFetcher()
    let clock = ManualTime()
    let recorder = Recorder()

    @Test("Publishes what it fetches at start") func publishesWhatItFetchesAtStart() async {
        fetcher.answer(address, keySetText([SigningKey.p256.jwk()]))
        await keep(source) { keeper in
            #expect(recorder.sets.map { $0?.count } == [1])
            #expect(recorder.events == [.replaced(KeySetReport(keys: 1, algorithms: [.es256]))])
            #expect(keeper.status.keys == 1)
            #expect(keeper.status.lastSuccess == 0)
            #expect(keeper.status.lastFault == nil)
            #expect(keeper.status.fetches == 1)
            #expect(keeper.status.failures == 0)
            #expect(fetcher.script.withLock { $0.types } == [.these(["application/json", "application/jwk-set+json"])])
        }
    }

    @Test("Publishes nothing before there are keys and keeps trying (JWT-34)") func publishesNothingBeforeThereAreKeysAndKeepsTrying() async {
        fetcher.fail(address, .unreachable(.refused))
        await keep(source) { keeper in
            #expect(recorder.sets.isEmpty)
            await advance(1)
            await advance(2)
            #expect(fetcher.asked.count == 3)
            #expect(keeper.status.failures == 3)
            #expect(keeper.status.lastFault == .fetch(url(address), .unreachable(.refused)))
            fetcher.answer(address, keySetText([SigningKey.p256.jwk()]))
            await advance(4)
            #expect(recorder.sets.count == 1)
            #expect(keeper.status.lastFault == nil)
        }
    }

    @Test("Does not publish the same set again") func doesNotPublishTheSameSetAgain() async {
        fetcher.answer(address, keySetText([SigningKey.p256.jwk()]), maximumAge: 60)
        await keep(source) { keeper in
            await advance(60)
            await advance(60)
            #expect(fetcher.asked.count == 3)
            #expect(recorder.sets.count == 1)
            #expect(keeper.status.lastSuccess == 120)
            fetcher.answer(address, keySetText([SigningKey.p384.jwk()]), maximumAge: 60)
            await advance(60)
            #expect(recorder.sets.count == 2)
        }
    }

    @Test("Keeps the last good set while its source is down or broken (JWT-34)") func keepsTheLastGoodSetWhileItsSourceIsDownOrBroken() async {
        fetcher.answer(address, keySetText([SigningKey.p256.jwk()]), maximumAge: 60)
        await keep(source) { keeper in
            for broken in ["", "{}", #"{"keys":[]}"#, "<html>"] {
                fetcher.answer(address, broken)
                await advance(60)
            }
            fetcher.fail(address, .status(503))
            await advance(60)
            #expect(recorder.sets.count == 1)
            #expect(keeper.status.keys == 1)
            #expect(keeper.status.failures == 5)
            await advance(86400)
            #expect(recorder.sets.count == 2)
            #expect(recorder.sets.last! == nil)
            #expect(recorder.events.contains(.withdrawn))
            #expect(keeper.status.keys == 0)
            fetcher.answer(address, keySetText([SigningKey.p256.jwk()]))
            await advance(60)
            #expect(recorder.sets.count == 3)
            #expect(keeper.status.keys == 1)
        }
    }

    @Test("Any number of unknown keys causes one fetch per cooldown (JWT-16)") func anyNumberOfUnknownKeysCausesOneFetchPerCooldown() async {
        fetcher.answer(address, keySetText([SigningKey.p256.jwk()]), maximumAge: 3600)
        await keep(source) { keeper in
            await advance(100)
            for _ in 0..<10_000 { keeper.requestRefresh() }
            #expect(await eventually { fetcher.asked.count == 2 })
            fetcher.answer(address, #"{"keys":[]}"#)
            for second in 1...90 {
                for _ in 0..<100 { keeper.requestRefresh() }
                #expect(await eventually { clock.soonest <= 30 })
                await advance(1)
                #expect(fetcher.asked.count <= 2 + second / 30)
            }
            #expect(await eventually { fetcher.asked.count == 5 })
            #expect(recorder.sets.count == 1)
        }
    }

    @Test("Nor do they where the set comes back empty, broken or not at all (JWT-16)", arguments: [#"{"keys":[]}"#, "{", "", nil] as [String?])
    func brokenSets(_ text: String?) async {
        fetcher.answer(address, keySetText([SigningKey.p256.jwk()]), maximumAge: 3600)
        await keep(source) { keeper in
            if let text { fetcher.answer(address, text) } else { fetcher.fail(address, .timeout) }
            await advance(100)
            for _ in 0..<1000 { keeper.requestRefresh() }
            #expect(await eventually { fetcher.asked.count == 2 })
            for second in 1...59 {
                for _ in 0..<100 { keeper.requestRefresh() }
                #expect(await eventually { clock.soonest <= 30 })
                await advance(1)
                #expect(fetcher.asked.count <= 2 + second / 30)
            }
            // Meanwhile the keys that were there are.
            #expect(keeper.status.keys == 1)
            #expect(recorder.sets.count == 1)
        }
    }

    @Test("Unknown keys make a file be read no oftener than it is anyway (JWT-16)")
    func filesAndUnknownKeys() async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try keySetText([SigningKey.p256.jwk()]).write(toFile: path, atomically: true, encoding: .utf8)
        await keep(.file(path)) { keeper in
            #expect(keeper.status.fetches == 1)
            for _ in 0..<20 {
                for _ in 0..<100 { keeper.requestRefresh() }
                #expect(await eventually { clock.soonest <= 5 })
                await advance(1)
            }
            #expect(keeper.status.fetches <= 5)
            #expect(fetcher.asked.isEmpty)
        }
    }

    @Test("Finds keys by the issuer's metadata (ASM-01)") func findsKeysByTheIssuersMetadata() async {
        let metadata = "https://as/.well-known/oauth-authorization-server"
        fetcher.answer(metadata, #"{"issuer":"https://as","jwks_uri":"https://as/jwks"}"#)
        fetcher.answer(address, keySetText([SigningKey.p256.jwk()]))
        await keep(.discovered(from: url("https://as"))) { _ in
            #expect(fetcher.asked == [metadata, address])
            #expect(fetcher.script.withLock { $0.types.first } == .these(["application/json"]))
            #expect(recorder.sets.count == 1)
        }
    }

    private let wellKnown = [
        "https://as/.well-known/oauth-authorization-server/t", "https://as/t/.well-known/openid-configuration",
        "https://as/.well-known/openid-configuration/t",
    ]

    private let good = #"{"issuer":"https://as/t","jwks_uri":"https://as/jwks"}"#

    @Test(
        "Goes on to the next document where the first is missing or cannot be used (ASM-01, ASM-02)",
        arguments: [
            nil, "", "<html>", "[]", #"{"issuer":"https://as/t/","jwks_uri":"https://as/jwks"}"#, #"{"jwks_uri":"https://as/jwks"}"#,
            #"{"issuer":"https://as/t"}"#, #"{"issuer":"https://as/t","jwks_uri":"http://as/jwks"}"#, #"{"issuer":"https://as/t","jwks_uri":null}"#,
        ] as [String?])
    func goesOnToTheNextDocument(_ text: String?) async {
        for last in 0...2 {
            let fetcher = ScriptedFetcher()
            for address in wellKnown[..<last] {
                if let text { fetcher.answer(address, text) } else { fetcher.fail(address, .mediaType("text/html")) }
            }
            fetcher.answer(wellKnown[last], good)
            fetcher.answer(address, keySetText([SigningKey.p256.jwk()]))
            let sets = Recorder()
            await keep(.discovered(from: url("https://as/t")), fetcher, sets) { _ in
                #expect(fetcher.asked == wellKnown[...last] + [address])
                #expect(sets.sets.count == 1)
            }
        }
    }

    @Test("Loads no keys by the metadata of another issuer, and says which it was (ASM-02)")
    func loadsNoKeysByTheMetadataOfAnotherIssuer() async {
        let metadata = "https://as/.well-known/oauth-authorization-server"
        fetcher.answer(metadata, #"{"issuer":"https://as/","jwks_uri":"https://as/jwks"}"#)
        fetcher.answer(address, keySetText([SigningKey.p256.jwk()]))
        await keep(.discovered(from: url("https://as"))) { keeper in
            #expect(fetcher.asked == [metadata, "https://as/.well-known/openid-configuration"])
            #expect(recorder.sets.isEmpty)
            let fault = keeper.status.lastFault
            #expect(fault?.code == "issuer_mismatch" && fault?.place == metadata)
            #expect(fault?.words.contains("is of the issuer `https://as/`, and not of this one") == true)
            #expect(fault?.words.contains("openid-configuration answers 404") == true)
        }
    }

    @Test("Does not ask a slow server twice (ASM-07)", arguments: [FetchFault.timeout, .unreachable(.untrusted), .interrupted])
    func doesNotAskASlowServerTwice(_ fault: FetchFault) async {
        let metadata = "https://as/.well-known/oauth-authorization-server"
        fetcher.fail(metadata, fault)
        await keep(.discovered(from: url("https://as"))) { keeper in
            #expect(fetcher.asked.count == 1)
            #expect(keeper.status.lastFault == .metadata([.init(address: url(metadata), failure: .fetch(fault))]))
        }
    }

    @Test("Takes documents of any media type by the entry's word, and asks for the usual ones first")
    func anyMediaType() async {
        fetcher.answer(wellKnown[0], good)
        fetcher.answer(address, keySetText([SigningKey.p256.jwk()]))
        await keep(.discovered(from: url("https://as/t")), anyMediaType: true) { _ in
            let json = "application/json"
            #expect(fetcher.script.withLock { $0.types } == [.any(preferred: [json]), .any(preferred: [json, "application/jwk-set+json"])])
            #expect(recorder.sets.count == 1)
        }
    }

    @Test("Reads a file again when it changes") func readsAFileAgainWhenItChanges() async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        func write(_ text: String) throws { try text.write(toFile: path, atomically: true, encoding: .utf8) }
        try write(keySetText([SigningKey.p256.jwk()]))
        await keep(.file(path)) { keeper in
            #expect(recorder.sets.count == 1)
            await advance(5)
            #expect(recorder.sets.count == 1)
            try write(keySetText([SigningKey.p256.jwk(), SigningKey.p384.jwk()]))
            await advance(5)
            #expect(recorder.sets.map { $0?.count } == [1, 2])
            try write("{")
            await advance(5)
            await advance(5)
            #expect(keeper.status.lastFault == .keySet(path, .malformed))
            #expect(keeper.status.keys == 2)
            try FileManager.default.removeItem(atPath: path)
            await advance(5)
            #expect(keeper.status.lastFault == .file(path, .absent))
            try write(keySetText([SigningKey.p256.jwk(), SigningKey.p384.jwk()]) + " ")
            await advance(5)
            #expect(recorder.sets.map { $0?.count } == [1, 2, 2])
            #expect(keeper.status.lastFault == nil)
        }
    }

    @Test("A byte order mark before a key set is no part of it") func byteOrderMark() async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try ("\u{feff}" + keySetText([SigningKey.p256.jwk()])).write(toFile: path, atomically: true, encoding: .utf8)
        await keep(.file(path)) { keeper in #expect(keeper.status.keys == 1) }
        try ("\u{feff}\u{feff}" + keySetText([SigningKey.p256.jwk()])).write(toFile: path, atomically: true, encoding: .utf8)
        await keep(.file(path)) { keeper in #expect(keeper.status.lastFault == .keySet(path, .malformed), "one is, two are not") }
    }

    @Test("Reads nothing but an ordinary file of bounded size") func readsNothingButAnOrdinaryFileOfBoundedSize() async throws {
        await keep(.file("/dev/zero")) { keeper in #expect(keeper.status.lastFault == .file("/dev/zero", .notRegular(.device))) }
        await keep(.file("/")) { keeper in #expect(keeper.status.lastFault == .file("/", .notRegular(.folder))) }
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(repeating: 0x20, count: KeySet.maximumLength + 1).write(to: URL(fileURLWithPath: path))
        await keep(.file(path)) { keeper in #expect(keeper.status.lastFault == .file(path, .tooLarge(limit: KeySet.maximumLength))) }
        #expect(recorder.sets.isEmpty)
    }

    @Test(
        "Reads cache control (JWT-34)",
        arguments: [
            ([], nil), (["max-age=120"], 120), (["public, max-age=\"120\" , must-revalidate"], 120), (["max-age=600", "max-age=120"], 120),
            (["MAX-AGE=5"], 5), (["no-store"], 0), (["max-age=120, no-cache"], 0), (["max-age=-1"], nil), (["max-age=x"], nil), (["max-age"], nil),
            (["max-age=1e9"], nil), (["s-maxage=9"], nil), (["private"], nil),
        ] as [([String], Double?)])
    func readsCacheControl(_ values: [String], _ age: Double?) {
        #expect(FetchLimits.maximumAge(values) == age)
    }
}
