import DecisionWire
import HTTPWire
import NIOCore
import ProtocolBuffers

/// Mutated questions of other proxies, in Envoy's messages and HAProxy's frames: no crash, and a question that is taken is the head of one
/// request, whole, in which nothing stands that its front could not have been sent in that place.
enum DecisionFuzz {
    static func run(cases: Int, seed: UInt64, _ report: inout FuzzReport) {
        var random = SplitMix64(seed: seed)
        var head: RequestHead
        do { head = RequestHead(names: try StripList(trustedHeader: "X-Client-Cert-SHA256")) } catch {
            return report.fail("no list of names", input: [])
        }
        for _ in 0..<cases {
            if random.oneIn(2) {
                let message = mutated(DecisionSamples.check(&random), &random)
                report.begin(message)
                if let question = try? EnvoyCheckRequest.read(ByteBuffer(bytes: message)) { judge(question, &head, message, &report) }
            } else {
                let frames = DecisionSamples.greeting + mutated(DecisionSamples.notify(&random), &random)
                report.begin(frames)
                var session = SPOPSession()
                var bytes = ByteBuffer(bytes: frames)
                while let event = session.next(&bytes) {
                    if case .check(_, .success(let question)) = event { judge(question, &head, frames, &report) }
                    if case .close = event { break }
                }
            }
        }
    }

    private static func judge(_ question: CheckQuestion, _ head: inout RequestHead, _ input: [UInt8], _ report: inout FuzzReport) {
        report.accepted += 1
        _ = question.chain
        let octets = Array(question.head.readableBytesView)
        // Lines end in CRLF, and nothing else ends or breaks one.
        let ends = octets.indices.filter { octets[$0] == 0x0a }
        if !ends.allSatisfy({ $0 > 0 && octets[$0 - 1] == 0x0d }) || octets.count(where: { $0 == 0x0d }) != ends.count || octets.contains(0) {
            return report.fail("a line that is none", input: input)
        }
        let empty = ends.filter { $0 >= 3 && octets[$0 - 2] == 0x0a }
        if empty != [octets.count - 1] { return report.fail("more than one head", input: input) }
        guard case .complete(let length) = head.parse(question.head) else { return }
        report.counts["read as requests", default: 0] += 1
        if length != octets.count { report.fail("more than the head of one request", input: input) }
        // The first line and the empty one are no fields.
        if head.fieldCount != ends.count - 2 { report.fail("fields that nobody told", input: input) }
    }

    private static func mutated(_ octets: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var octets = octets
        for _ in 0..<random.below(4) where !octets.isEmpty {
            let place = random.below(octets.count)
            switch random.below(6) {
            case 0: octets[place] = UInt8(truncatingIfNeeded: random.next())
            case 1: octets[place] ^= 1 << UInt8(random.below(8))
            case 2: octets.insert(random.pick([0x0d, 0x0a, 0x00, 0x20, 0x3a, 0xff]), at: place)
            case 3: octets.remove(at: place)
            case 4: octets.removeSubrange(place..<min(octets.count, place + random.below(40)))
            default: octets.insert(contentsOf: octets[place..<min(octets.count, place + random.below(40))], at: place)
            }
        }
        return octets
    }
}

/// Questions as their fronts write them.
private enum DecisionSamples {
    private static let values = [
        "", "Bearer abc.def.ghi", "a\r\nX-B: c", "a\nb", "\u{0}", "text, and more", "7", "chunked", "api.example.com", "%2F", "é",
    ]
    private static let names = [
        "authorization", "content-length", "transfer-encoding", "x-a", "X-Client-Cert-SHA256", "host", ":path", "connection", "x b", "a:b", "",
    ]
    private static let targets = ["/", "/a?b", "/a b", "*", "http://a/", "/%2e%2e/", "/a\r\n", "a"]

    static func check(_ random: inout SplitMix64) -> [UInt8] {
        var out = ByteBuffer()
        let fields = (0..<random.below(5)).map { _ in (random.pick(names), random.pick(values)) }
        let (method, target, host) = (random.pick(["GET", "POST", "G T", ""]), random.pick(targets), random.pick(["api:443", "a", "", "a b"]))
        let certificate = random.pick(["", "MAMCAfv/", "%2D", "-----BEGIN CERTIFICATE-----\nMAMC\n-----END CERTIFICATE-----"])
        out.writeProtobuf(1) { attributes in
            attributes.writeProtobuf(1) { $0.writeProtobuf(5, octets: certificate.utf8) }
            attributes.writeProtobuf(4) { request in
                request.writeProtobuf(2) { http in
                    http.writeProtobuf(2, octets: method.utf8)
                    for (name, value) in fields {
                        http.writeProtobuf(3) {
                            $0.writeProtobuf(1, octets: name.utf8)
                            $0.writeProtobuf(2, octets: value.utf8)
                        }
                    }
                    http.writeProtobuf(4, octets: target.utf8)
                    http.writeProtobuf(5, octets: host.utf8)
                }
            }
        }
        return Array(out.readableBytesView)
    }

    static let greeting: [UInt8] = frame(1, text("supported-versions") + [8] + text("2.0") + text("max-frame-size") + [3, 0xfc, 0xf0, 0x06])

    static func notify(_ random: inout SplitMix64) -> [UInt8] {
        let lines = (0..<random.below(5)).map { _ in "\(random.pick(names)): \(random.pick(values))\r\n" }.joined()
        let pairs: [[UInt8]] = [
            text("method") + [8] + text(random.pick(["GET", "POST", "G T"])), text("target") + [8] + text(random.pick(targets)),
            text("fields") + [8] + text("host: a\r\n\(lines)\r\n"), text("certificate") + [9] + text("0"), text("address") + [6, 127, 0, 0, 1],
        ]
        return frame(3, text("holdfast") + [UInt8(pairs.count)] + pairs.flatMap(\.self))
    }

    private static func text(_ text: String) -> [UInt8] {
        let octets = Array(text.utf8.prefix(239))
        return [UInt8(octets.count)] + octets
    }

    private static func frame(_ kind: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let inner = [kind, 0, 0, 0, 1, 1, 1] + payload
        return [0, 0, UInt8(inner.count >> 8), UInt8(inner.count & 0xff)] + inner
    }
}
