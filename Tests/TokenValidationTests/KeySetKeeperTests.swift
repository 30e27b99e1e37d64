import BindingPolicy
import Files
import Foundation
import Synchronization
import Testing
import TokenValidation

/// Answers by address, from a script that the test changes; counts what it is asked.
final class ScriptedFetcher: DocumentFetcher {
    struct Script {
        var answers: [String: Result<FetchedDocument, FetchFault>] = [:]
        var asked: [String] = []
        var types: [[String]] = []
    }

    let script = Mutex(Script())

    func fetch(_ url: FetchURL, contentTypes: [String]) async throws(FetchFault) -> FetchedDocument {
        try script.withLock { script -> Result<FetchedDocument, FetchFault> in
            script.asked.append(url.description)
            script.types.append(contentTypes)
            return script.answers[url.description] ?? .failure(.status(404))
        }.get()
    }

    func answer(_ address: String, _ text: String, maximumAge: Double? = nil) {
        script.withLock { $0.answers[address] = .success(FetchedDocument(body: Array(text.utf8), maximumAge: maximumAge)) }
    }

    func fail(_ address: String, _ fault: FetchFault) { script.withLock { $0.answers[address] = .failure(fault) } }

    var asked: [String] { script.withLock { $0.asked } }
}

/// A clock that moves only when told to, or by itself to wherever the keeper wants to sleep until.
final class ManualTime: Sendable {
    private struct State {
        var now = 0.0
        var sleepers: [UUID: (until: Double, continuation: CheckedContinuation<Void, Never>)] = [:]
    }

    private let state = Mutex(State())

    var time: KeySetKeeper.Time {
        KeySetKeeper.Time(now: { self.state.withLock { $0.now } }, sleepUntil: { await self.sleep(until: $0) })
    }

    private func sleep(until: Double) async {
        let id = UUID()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard until > state.now, !Task.isCancelled else { return true }
                    state.sleepers[id] = (until, continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: id) }?.continuation.resume()
        }
    }

    func advance(by seconds: Double) {
        let woken = state.withLock { state in
            state.now += seconds
            let due = state.sleepers.filter { $0.value.until <= state.now }
            for id in due.keys { state.sleepers.removeValue(forKey: id) }
            return due.values.map(\.continuation)
        }
        for continuation in woken { continuation.resume() }
    }

    /// Seconds until somebody wakes.
    var soonest: Double { state.withLock { state in state.sleepers.values.map { $0.until - state.now }.min() ?? .infinity } }

    /// Until the keeper sleeps.
    func settle() async { _ = await eventually { state.withLock { !$0.sleepers.isEmpty } } }
}

private final class Recorder: Sendable {
    struct Record {
        var sets: [KeySet?] = []
        var events: [KeySetKeeper.Event] = []
    }

    let record = Mutex(Record())
    var sets: [KeySet?] { record.withLock { $0.sets } }
    var events: [KeySetKeeper.Event] { record.withLock { $0.events } }
}

@Suite("Keeping key sets", .timeLimit(.minutes(10)))
struct KeySetKeeperTests {
    private let fetcher = ScriptedFetcher()
    private let clock = ManualTime()
    private let recorder = Recorder()
    private let address = "https://as/jwks"

    /// Runs a keeper beside `body`, which begins once the keeper first sleeps.
    private func keep(_ source: KeySetKeeper.Source, _ body: (KeySetKeeper) async throws -> Void) async {
        let recorder = recorder
        let keeper = KeySetKeeper(
            source: source, fetcher: fetcher, time: clock.time,
            publish: { set in recorder.record.withLock { $0.sets.append(set) } },
            report: { event in recorder.record.withLock { $0.events.append(event) } })
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await keeper.run() }
            await clock.settle()
            do { try await body(keeper) } catch { Issue.record(error) }
            group.cancelAll()
        }
    }

    private func advance(_ seconds: Double) async {
        clock.advance(by: seconds)
        await clock.settle()
    }

    private var url: KeySetKeeper.Source { .url(FetchURL(address)!) }

    @Test("Publishes what it fetches at start") func publishesWhatItFetchesAtStart() async {
        fetcher.answer(address, keySetText([SigningKey.p256.jwk()]))
        await keep(url) { keeper in
            #expect(recorder.sets.map { $0?.count } == [1])
            #expect(recorder.events == [.replaced(keys: 1, unusable: 0, publishedSecrets: 0)])
            #expect(keeper.status.keys == 1)
            #expect(keeper.status.lastSuccess == 0)
            #expect(keeper.status.lastFault == nil)
            #expect(keeper.status.fetches == 1)
            #expect(keeper.status.failures == 0)
            #expect(fetcher.script.withLock { $0.types } == [["application/json", "application/jwk-set+json"]])
        }
    }

    @Test("Publishes nothing before there are keys and keeps trying (JWT-34)") func publishesNothingBeforeThereAreKeysAndKeepsTrying() async {
        fetcher.fail(address, .unreachable)
        await keep(url) { keeper in
            #expect(recorder.sets.isEmpty)
            await advance(1)
            await advance(2)
            #expect(fetcher.asked.count == 3)
            #expect(keeper.status.failures == 3)
            #expect(keeper.status.lastFault == .fetch(.unreachable))
            fetcher.answer(address, keySetText([SigningKey.p256.jwk()]))
            await advance(4)
            #expect(recorder.sets.count == 1)
            #expect(keeper.status.lastFault == nil)
        }
    }

    @Test("Does not publish the same set again") func doesNotPublishTheSameSetAgain() async {
        fetcher.answer(address, keySetText([SigningKey.p256.jwk()]), maximumAge: 60)
        await keep(url) { keeper in
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
        await keep(url) { keeper in
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
        await keep(url) { keeper in
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
        await keep(url) { keeper in
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
        await keep(.discovered(issuer: "https://as")) { _ in
            #expect(fetcher.asked == [metadata, address])
            #expect(fetcher.script.withLock { $0.types.first } == ["application/json"])
            #expect(recorder.sets.count == 1)
        }
    }

    @Test("Falls back to OpenID Connect's metadata (ASM-01)") func fallsBackToOpenIDConnectsMetadata() async {
        let (first, second) = ("https://as/.well-known/oauth-authorization-server/t", "https://as/t/.well-known/openid-configuration")
        fetcher.answer(second, #"{"issuer":"https://as/t","jwks_uri":"https://as/jwks"}"#)
        fetcher.answer(address, keySetText([SigningKey.p256.jwk()]))
        await keep(.discovered(issuer: "https://as/t")) { _ in
            #expect(fetcher.asked == [first, second, address])
            #expect(recorder.sets.count == 1)
        }
    }

    @Test("Loads no keys by the metadata of another issuer (ASM-02)") func loadsNoKeysByTheMetadataOfAnotherIssuer() async {
        let metadata = "https://as/.well-known/oauth-authorization-server"
        fetcher.answer(metadata, #"{"issuer":"https://as/","jwks_uri":"https://as/jwks"}"#)
        fetcher.answer(address, keySetText([SigningKey.p256.jwk()]))
        await keep(.discovered(issuer: "https://as")) { keeper in
            #expect(fetcher.asked == [metadata])
            #expect(recorder.sets.isEmpty)
            #expect(keeper.status.lastFault == .metadata(.issuerMismatch))
        }
    }

    @Test("Does not ask a slow server twice (ASM-07)") func doesNotAskASlowServerTwice() async {
        fetcher.fail("https://as/.well-known/oauth-authorization-server", .timeout)
        await keep(.discovered(issuer: "https://as")) { keeper in
            #expect(fetcher.asked.count == 1)
            #expect(keeper.status.lastFault == .fetch(.timeout))
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
            #expect(keeper.status.lastFault == .keySet(.malformed))
            #expect(keeper.status.keys == 2)
            try FileManager.default.removeItem(atPath: path)
            await advance(5)
            #expect(keeper.status.lastFault == .file(.absent))
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
        await keep(.file(path)) { keeper in #expect(keeper.status.lastFault == .keySet(.malformed), "one is, two are not") }
    }

    @Test("Reads nothing but an ordinary file of bounded size") func readsNothingButAnOrdinaryFileOfBoundedSize() async throws {
        await keep(.file("/dev/zero")) { keeper in #expect(keeper.status.lastFault == .file(.notRegular(.device))) }
        await keep(.file("/")) { keeper in #expect(keeper.status.lastFault == .file(.notRegular(.folder))) }
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(repeating: 0x20, count: KeySet.maximumLength + 1).write(to: URL(fileURLWithPath: path))
        await keep(.file(path)) { keeper in #expect(keeper.status.lastFault == .file(.tooLarge(limit: KeySet.maximumLength))) }
        #expect(recorder.sets.isEmpty)
    }

    @Test("Reads cache control (JWT-34)", arguments: [
        ([], nil), (["max-age=120"], 120), (["public, max-age=\"120\" , must-revalidate"], 120), (["max-age=600", "max-age=120"], 120),
        (["MAX-AGE=5"], 5), (["no-store"], 0), (["max-age=120, no-cache"], 0), (["max-age=-1"], nil), (["max-age=x"], nil), (["max-age"], nil),
        (["max-age=1e9"], nil), (["s-maxage=9"], nil), (["private"], nil),
    ] as [([String], Double?)])
    func readsCacheControl(_ values: [String], _ age: Double?) {
        #expect(FetchLimits.maximumAge(values) == age)
    }
}
