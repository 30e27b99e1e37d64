import Foundation
import HoldfastConfiguration
import Testing

/// One number of the file, with what it may be.
struct Bounded: Sendable, CustomTestStringConvertible {
    let key: String
    /// The file around a value.
    let file: @Sendable (String) -> String
    let least, greatest: String
    /// The nearest that is refused, and words of the reason.
    let below: (value: String, reason: String)?
    let above: (value: String, reason: String)

    var testDescription: String { key }
    var range: String { "\(least) to \(greatest)" }
}

@Suite("Every duration, size and count has a least and a greatest value, and a reason for both")
struct BoundsTests {
    private static func listener(_ name: String) -> @Sendable (String) -> String {
        { changed("address: 127.0.0.1:8443", to: "address: 127.0.0.1:8443\n  \(name): \($0)") }
    }
    private static func http2(_ name: String) -> @Sendable (String) -> String {
        { changed("address: 127.0.0.1:8443", to: "address: 127.0.0.1:8443\n  http2: {\(name): \($0)}") }
    }
    private static func token(_ name: String) -> @Sendable (String) -> String {
        { changed("audience: https://api.example.com", to: "audience: a\n    \(name): \($0)") }
    }
    private static func introspection(_ name: String) -> @Sendable (String) -> String {
        {
            changed(
                "audience: https://api.example.com",
                to: "audience: a\n    introspection: {authentication: client_secret_basic, client_id: c, client_secret_file: secret, \(name): \($0)}")
        }
    }
    private static func upstream(_ name: String) -> @Sendable (String) -> String {
        { changed("url: http://127.0.0.1:8080", to: "url: http://127.0.0.1:8080\n  \(name): \($0)") }
    }

    private static func upstream(_ name: String, _ value: String) -> @Sendable (String) -> String {
        { changed("url: http://127.0.0.1:8080", to: "url: http://127.0.0.1:8080\n  \(name): \(value.replacing("VALUE", with: $0))") }
    }

    private static func health(_ name: String) -> @Sendable (String) -> String {
        { changed("url: http://127.0.0.1:8080", to: "url: http://127.0.0.1:8080\n  health: {\(name): \($0)}") }
    }

    private static func revocation(_ terms: String) -> @Sendable (String) -> String {
        {
            changed(
                "authorities: clients-ca.pem",
                to: "authorities:\n    - {file: clients-ca.pem, revocation: {\(terms.replacing("VALUE", with: $0))}}")
        }
    }

    private static func limits(_ keys: String) -> @Sendable (String) -> String {
        { minimal + "limits: {\(keys.replacing("VALUE", with: $0))}\n" }
    }

    static let all: [Bounded] = [
        Bounded(
            key: "client_certificates.max_intermediates",
            file: { changed("authorities: clients-ca.pem", to: "authorities: clients-ca.pem\n  max_intermediates: \($0)") }, least: "0",
            greatest: "8", below: nil,
            above: ("9", "no more certificates are taken")),
        Bounded(
            key: "limits.connections_per_client", file: limits("connections_per_client: VALUE"), least: "1", greatest: "1000000",
            below: ("0", "no client could connect"), above: ("1000001", "descriptors")),
        Bounded(
            key: "limits.requests_per_client", file: limits("requests_per_client: VALUE"), least: "1", greatest: "1000000",
            below: ("0", "no client could ask"), above: ("1000001", "memory")),
        Bounded(
            key: "limits.rate.requests", file: limits("rate: {requests: VALUE}"), least: "1", greatest: "1000000",
            below: ("0", "no client could ask"), above: ("1000001", "no event loop")),
        Bounded(
            key: "limits.rate.burst", file: limits("rate: {requests: 1, burst: VALUE}"), least: "1", greatest: "1000000",
            below: ("0", "no request could pass"), above: ("1000001", "no event loop")),
        Bounded(
            key: "limits.rate.per", file: limits("rate: {requests: 1, per: VALUE}"), least: "1s", greatest: "24h",
            below: ("999ms", "for a second instead"), above: ("25h", "nobody waits")),
        Bounded(
            key: "listener.max_body", file: listener("max_body"), least: "0B", greatest: "1048576MiB", below: nil,
            above: ("1048577MiB", "no API takes more")),
        Bounded(
            key: "listener.max_connection_age", file: listener("max_connection_age"), least: "1s", greatest: "168h",
            below: ("999ms", "shake hands"), above: ("169h", "no process")),
        Bounded(
            key: "listener.max_connection_requests", file: listener("max_connection_requests"), least: "1", greatest: "100000000",
            below: ("0", "no request"), above: ("100000001", "no connection")),
        Bounded(
            key: "client_certificates.authorities[0].revocation.refresh_lists",
            file: revocation("lists: [\"https://ca.example.com/ca.crl\"], refresh_lists: VALUE"), least: "1s", greatest: "24h",
            below: ("999ms", "without a pause"), above: ("25h", "who has been revoked")),
        Bounded(
            key: "client_certificates.authorities[0].revocation.ocsp.cache",
            file: revocation("ocsp: {responder: \"http://ocsp.example.com\", cache: VALUE}"), least: "1s", greatest: "24h",
            below: ("999ms", "at each request"), above: ("25h", "who has been revoked")),
        Bounded(
            key: "client_certificates.authorities[0].revocation.ocsp.timeout",
            file: revocation("ocsp: {responder: \"http://ocsp.example.com\", timeout: VALUE}"), least: "100ms", greatest: "10s",
            below: ("99ms", "no responder"), above: ("11s", "first request")),
        Bounded(
            key: "listener.handshake_timeout", file: listener("handshake_timeout"), least: "100ms", greatest: "5m",
            below: ("99ms", "could not finish its handshake"), above: ("301s", "has not proved anything")),
        Bounded(
            key: "listener.head_timeout", file: listener("head_timeout"), least: "100ms", greatest: "5m", below: ("0s", "too slow"),
            above: ("1h", "octet by octet")),
        Bounded(
            key: "listener.idle_timeout", file: listener("idle_timeout"), least: "100ms", greatest: "1h", below: ("99ms", "next request"),
            above: ("61m", "without a word")),
        Bounded(
            key: "listener.body_timeout", file: listener("body_timeout"), least: "100ms", greatest: "1h", below: ("1ms", "packet that is lost"),
            above: ("2h", "sends nothing")),
        Bounded(
            key: "listener.minimum_body_rate", file: listener("minimum_body_rate"), least: "0B", greatest: "1MiB", below: nil,
            above: ("1025KiB", "could not keep up")),
        Bounded(
            key: "listener.max_connections", file: listener("max_connections"), least: "1", greatest: "1000000", below: ("0", "no client"),
            above: ("1000001", "descriptors")),
        Bounded(
            key: "listener.max_handshakes", file: listener("max_handshakes"), least: "1", greatest: "16384", below: ("0", "nobody"),
            above: ("16385", "max_connections")),
        Bounded(
            key: "listener.max_head", file: listener("max_head"), least: "4KiB", greatest: "1MiB", below: ("4095B", "would not fit"),
            above: ("1025KiB", "known whose it is")),
        Bounded(
            key: "listener.max_target", file: listener("max_head: 1MiB\n  max_target"), least: "1KiB", greatest: "1MiB",
            below: ("1023B", "would not fit"), above: ("1025KiB", "no head can be longer")),
        Bounded(
            key: "listener.max_fields", file: listener("max_fields"), least: "16", greatest: "1000", below: ("15", "would not fit"),
            above: ("1001", "no client needs more")),
        Bounded(
            key: "listener.http2.max_streams", file: http2("max_streams"), least: "1", greatest: "1000", below: ("0", "no request"),
            above: ("1001", "upstream connection")),
        Bounded(
            key: "listener.http2.max_resets", file: http2("max_resets"), least: "1", greatest: "100000", below: ("0", "give up"),
            above: ("100001", "nobody waits")),
        Bounded(
            key: "listener.http2.max_stream_errors", file: http2("max_stream_errors"), least: "1", greatest: "100000",
            below: ("0", "one mistake"), above: ("100001", "nobody waits")),
        Bounded(
            key: "listener.http2.max_continuations", file: http2("max_continuations"), least: "0", greatest: "64", below: nil,
            above: ("65", "gathered")),
        Bounded(
            key: "listener.http2.max_glitches", file: http2("max_glitches"), least: "10", greatest: "100000", below: ("9", "ordinary clients"),
            above: ("100001", "busy with nothing")),
        Bounded(
            key: "listener.http2.interval", file: http2("interval"), least: "1s", greatest: "1h", below: ("999ms", "forgotten"),
            above: ("61m", "long connections")),
        Bounded(
            key: "listener.http2.stream_window", file: http2("stream_window"), least: "16KiB", greatest: "4MiB", below: ("16383B", "not fit"),
            above: ("4097KiB", "for each request")),
        Bounded(
            key: "listener.http2.connection_window", file: http2("stream_window: 16KiB, connection_window"), least: "64KiB",
            greatest: "16MiB", below: ("65535B", "64 KiB"), above: ("16385KiB", "each client")),
        Bounded(
            key: "tokens[0].leeway", file: token("leeway"), least: "0s", greatest: "5m", below: nil, above: ("301s", "stolen token")),
        Bounded(
            key: "tokens[0].cooldown", file: token("cooldown"), least: "1s", greatest: "1h", below: ("999ms", "unknown keys"),
            above: ("61m", "new key")),
        Bounded(
            key: "tokens[0].refresh_keys", file: token("refresh_keys"), least: "1s", greatest: "1h", below: ("0s", "without a pause"),
            above: ("61m", "has removed")),
        Bounded(
            key: "tokens[0].stale_keys", file: token("stale_keys"), least: "2s", greatest: "168h", below: ("0s", "without a pause"),
            above: ("169h", "confirmed")),
        Bounded(
            key: "tokens[0].introspection.cache", file: introspection("cache"), least: "0s", greatest: "1h", below: nil,
            above: ("61m", "revoked")),
        Bounded(
            key: "tokens[0].introspection.timeout", file: introspection("timeout"), least: "100ms", greatest: "1m",
            below: ("99ms", "no issuer"), above: ("61s", "503")),
        Bounded(
            key: "tokens[0].introspection.max_concurrent", file: introspection("max_concurrent"), least: "1", greatest: "4096",
            below: ("0", "could not be asked"), above: ("4097", "is a connection")),
        Bounded(
            key: "upstream.compression.minimum", file: upstream("compression", "{types: [text/*], minimum: VALUE}"), least: "1B", greatest: "1MiB",
            below: ("0B", "an empty answer"), above: ("1025KiB", "gain most")),
        Bounded(
            key: "upstream.compression.level", file: upstream("compression", "{types: [text/*], level: VALUE}"), least: "1", greatest: "9",
            below: ("0", "no need"), above: ("10", "zlib has no more")),
        Bounded(
            key: "upstream.connect_timeout", file: upstream("connect_timeout"), least: "10ms", greatest: "5m", below: ("9ms", "no connection"),
            above: ("301s", "is away")),
        Bounded(
            key: "upstream.response_timeout", file: upstream("response_timeout"), least: "10ms", greatest: "1h", below: ("0s", "no API"),
            above: ("61m", "hangs")),
        Bounded(
            key: "upstream.first_octet_timeout", file: upstream("first_octet_timeout"), least: "10ms", greatest: "1h", below: ("9ms", "no API"),
            above: ("61m", "hold their connections")),
        Bounded(
            key: "upstream.resolve_every",
            file: { changed("url: http://127.0.0.1:8080", to: "url: http://localhost:8080\n  resolve_every: \($0)") }, least: "1s", greatest: "1h",
            below: ("999ms", "without a pause"), above: ("61m", "is gone")),
        Bounded(
            key: "upstream.slow_start", file: upstream("slow_start"), least: "0s", greatest: "10m", below: nil, above: ("11m", "bear its share")),
        Bounded(
            key: "upstream.addresses[0].weight",
            file: { changed("url: http://127.0.0.1:8080", to: "url: http://127.0.0.1:8080\n  addresses: [{address: 127.0.0.1, weight: \($0)}]") },
            least: "1", greatest: "100", below: ("0", "never be asked"), above: ("101", "hardly ever")),
        Bounded(
            key: "upstream.health.failures", file: health("failures"), least: "1", greatest: "100", below: ("0", "left alone"),
            above: ("101", "fail first")),
        Bounded(
            key: "upstream.health.rest", file: health("rest"), least: "100ms", greatest: "5m", below: ("99ms", "at once"), above: ("6m", "well again")
        ),
        Bounded(
            key: "upstream.health.interval", file: health("path: /, interval"), least: "100ms", greatest: "10m", below: ("99ms", "without a pause"),
            above: ("11m", "nobody would hear")),
        Bounded(
            key: "upstream.health.timeout", file: health("path: /, timeout"), least: "10ms", greatest: "1m", below: ("9ms", "no answer"),
            above: ("61s", "nobody would hear")),
        Bounded(
            key: "upstream.health.status", file: health("path: /, status"), least: "200", greatest: "999",
            below: ("199", "none yet"), above: ("1000", "three digits")),
        Bounded(
            key: "upstream.idle_timeout", file: upstream("idle_timeout"), least: "10ms", greatest: "1h", below: ("0s", "second request"),
            above: ("61m", "firewalls")),
        Bounded(
            key: "upstream.max_connections_per_client", file: upstream("max_connections_per_client"), least: "1", greatest: "256",
            below: ("0", "no request"), above: ("257", "no more than")),
        Bounded(
            key: "upstream.queue_timeout", file: upstream("queue_timeout"), least: "10ms", greatest: "1m", below: ("9ms", "too late"),
            above: ("61s", "their turn")),
        Bounded(
            key: "upstream.max_connections", file: upstream("max_connections"), least: "1", greatest: "65535",
            below: ("0", "no request"), above: ("65536", "ports")),
        Bounded(
            key: "routes[0].max_auth_age", file: { minimal + "routes:\n  - {path: /a, max_auth_age: \($0)}\n" }, least: "1s", greatest: "8760h",
            below: ("0s", "authenticate"), above: ("8761h", "a year")),
        Bounded(
            key: "shutdown.delay", file: { minimal + "shutdown: {delay: \($0)}\n" }, least: "0s", greatest: "10m", below: nil,
            above: ("601s", "would wait")),
        Bounded(
            key: "shutdown.drain_timeout", file: { minimal + "shutdown: {drain_timeout: \($0)}\n" }, least: "0s", greatest: "1h", below: nil,
            above: ("61m", "would wait")),
        Bounded(
            key: "threads", file: { minimal + "threads: \($0)\n" }, least: "1", greatest: "1024", below: ("0", "nothing"), above: ("1025", "cores")),
        Bounded(
            key: "verification_cache", file: { minimal + "verification_cache: \($0)\n" }, least: "0", greatest: "1048576", below: nil,
            above: ("1048577", "megabytes")),
        Bounded(
            key: "forward.context.lifetime",
            file: { changed("upstream:", to: "forward: {context: {private_key: context.key, lifetime: \($0)}}\nupstream:") }, least: "1s",
            greatest: "5m", below: ("0s", "to the second"), above: ("301s", "show it again")),
    ]

    @Test("The least and the greatest value are possible", arguments: all)
    func possible(_ one: Bounded) {
        for value in [one.least, one.greatest] { #expect(mistakes(one.file(value)) == []) }
    }

    @Test("What lies outside is refused with the range and the reason", arguments: all)
    func refused(_ one: Bounded) {
        for (value, reason) in [one.below, one.above].compactMap(\.self) {
            let found = mistakes(one.file(value))
            #expect(found.count == 1 && found.first?.contains(" \(one.key): `\(value)` is out of range: \(one.range), because ") == true, "\(found)")
            #expect(found.first?.contains(reason) == true, "\(found)")
        }
    }

    /// The example has every key there is, so a number that is added there is missed here.
    @Test("None is left out") func complete() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let example = try String(contentsOf: root.appendingPathComponent("deploy/holdfast.example.yaml"), encoding: .utf8)
        let numbers = example.matches(of: /\b([a-z_]+): [0-9]+(?:ms|s|m|h|B|KiB|MiB)?(?=[ ,}`\n])/).map { String($0.output.1) }
        let known = Set(Self.all.map { String($0.key.split(separator: ".").last ?? "") })
        #expect(numbers.count > 45)
        #expect(Set(numbers).subtracting(known) == [])
    }

    @Test("Keys that are given up soon after their issuer is away are told as what they are")
    func shortStaleKeys() throws {
        func warned(_ value: String) throws -> Bool {
            try warnings(Self.token("stale_keys")(value)).contains { $0.contains("tokens[0].stale_keys is") }
        }
        #expect(try warned("2s"))
        #expect(try warned("59s"))
        #expect(try !warned("1m"))
    }
}
