import HTTPWire
import NIOCore
import NIOEmbedded
import ProxyEngine
import Testing

@Suite("What a ClientHello offers")
struct ClientHelloTests {
    private func vector(_ lengthOctets: Int, _ content: [UInt8]) -> [UInt8] {
        (0..<lengthOctets).reversed().map { UInt8(truncatingIfNeeded: content.count >> (8 * $0)) } + content
    }

    private func alpn(_ names: [String]) -> [UInt8] { [0, 16] + vector(2, vector(2, names.flatMap { vector(1, Array($0.utf8)) })) }

    private func message(_ extensions: [UInt8]?) -> [UInt8] {
        var body: [UInt8] = [3, 3] + [UInt8](repeating: 7, count: 32)
        body += vector(1, [UInt8](repeating: 8, count: 32)) + vector(2, [0x13, 1]) + vector(1, [0])
        if let extensions { body += vector(2, extensions) }
        return [1] + vector(3, body)
    }

    /// In records of at most so many octets.
    private func records(_ message: [UInt8], _ size: Int = 16384) -> [UInt8] {
        stride(from: 0, to: message.count, by: size).flatMap { [22, 3, 1] + vector(2, Array(message[$0..<min($0 + size, message.count)])) }
    }

    /// `nil` while incomplete, else the names, `["-"]` for none offered and `["other"]` for what is left to TLS.
    private func read(_ octets: [UInt8], portions: Int = .max) -> [String]? {
        var reader = ClientHelloReader()
        var rest = octets[...]
        while !rest.isEmpty {
            let progress = Array(rest.prefix(portions)).withUnsafeBytes { reader.take($0) }
            rest = rest.dropFirst(portions)
            switch progress {
            case .incomplete: continue
            case .read(let hello): return hello.protocols.map { $0.map { String(decoding: $0, as: UTF8.self) } } ?? ["-"]
            case .other: return ["other"]
            }
        }
        return nil
    }

    @Test("Its protocols are read, however it is cut into records and packets", arguments: [1, 2, 5, 7, 100, .max], [1, 3, 64, 16384])
    func fragments(portions: Int, record: Int) {
        let other: [UInt8] = [0, 10] + vector(2, vector(2, [0, 29]))
        let hello = records(message(other + alpn(["h2", "http/1.1"]) + other), record)
        #expect(read(hello, portions: portions) == ["h2", "http/1.1"])
        #expect(read(Array(hello.dropLast()), portions: portions) == nil)
        #expect(read(hello + [1, 2, 3], portions: portions) == ["h2", "http/1.1"])
    }

    @Test("A client that offers none offers none")
    func none() {
        #expect(read(records(message(nil))) == ["-"])
        #expect(read(records(message([]))) == ["-"])
        #expect(read(records(message([0, 10] + vector(2, vector(2, [0, 29]))))) == ["-"])
    }

    @Test("What is no ClientHello, or a broken one, is left to TLS")
    func others() {
        let good = message(alpn(["h2"]))
        let broken: [[UInt8]] = [
            Array("GET / HTTP/1.1\r\n".utf8), [21, 3, 1, 0, 2, 2, 40], [22, 3, 1, 0, 0], records([2] + good.dropFirst()),
            records(message([0, 16] + vector(2, []))), records(message([0, 16] + vector(2, vector(2, [])))), records(message(alpn([""]))),
            records(message([0, 16] + vector(2, vector(2, [5, 104])))), records(message([0, 16] + vector(2, vector(2, vector(1, [104])) + [0]))),
            records(message([0, 16, 0])), records([1, 0, 0, 3, 3, 3, 0]), records([1, 0x20, 0, 0]), records([1] + vector(3, [])),
        ]
        for octets in broken { #expect(read(octets) == ["other"], "\(octets.prefix(12))") }
        #expect(read(records([1] + vector(3, [UInt8](repeating: 0, count: 40_000)))) == ["other"], "larger than any")
    }

    /// What the handler says of a hello of so many octets that comes a record of one octet at a time, and how many octets had come then.
    private func told(_ octets: Int) throws -> (protocols: [String]?, after: Int)? {
        let padding: [UInt8] = [0, 21] + vector(2, [UInt8](repeating: 0, count: octets))
        var fed = 0
        var told: (protocols: [String]?, after: Int)?
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(
            ClientHelloHandler { hello in
                told = (hello?.protocols?.map { String(decoding: $0, as: UTF8.self) }, fed)
                return nil
            })
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let wire = records(message(alpn(["http/1.1"]) + padding), 1)
        for start in stride(from: 0, to: wire.count, by: 6) where told == nil {
            fed += 6
            _ = try? channel.writeInbound(ByteBuffer(bytes: wire[start..<start + 6]))
        }
        _ = try? channel.finish(acceptAlreadyClosed: true)
        return told
    }

    @Test("Of a ClientHello in pieces 32 KiB are kept, and what is longer is left to TLS")
    func held() throws {
        let short = try #require(try told(5_000))
        #expect(short.protocols == ["http/1.1"] && short.after > 30_000 && short.after <= 32 << 10)
        let long = try #require(try told(6_000))
        #expect(long.protocols == nil && long.after > 32 << 10 && long.after <= 32 << 10 + 6)
    }

    /// Whether a client that offers these gets as far as TLS; else it is sent this alert.
    private func alert(_ offered: [String]?, spoken: [ApplicationProtocol]) throws -> UInt8? {
        let channel = EmbeddedChannel()
        var isPassedOn = false
        try channel.pipeline.syncOperations.addHandler(
            ClientHelloHandler(spoken: spoken) { _ in
                isPassedOn = true
                // As for a host that is not served: unrecognized_name.
                return nil
            })
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        _ = try? channel.writeInbound(ByteBuffer(bytes: records(message(offered.map(alpn)))))
        let alert = try #require(try channel.readOutbound(as: ByteBuffer.self))
        _ = try? channel.finish(acceptAlreadyClosed: true)
        #expect(Array(alert.readableBytesView.dropLast()) == [21, 3, 1, 0, 2, 2])
        return isPassedOn ? nil : alert.readableBytesView.last
    }

    /// RFC 7301 section 3.2; one that offers nothing means HTTP/1.1.
    @Test("Who offers nothing that is spoken gets the alert for it, and who offers nothing only where HTTP/1.1 is not spoken (TLS-05)")
    func spoken() throws {
        let noApplicationProtocol: UInt8 = 120
        #expect(try alert(nil, spoken: [.http2]) == noApplicationProtocol)
        #expect(try alert(["http/1.1"], spoken: [.http2]) == noApplicationProtocol)
        #expect(try alert(["h2"], spoken: [.http2]) == nil)
        #expect(try alert(["http/1.1", "h2"], spoken: [.http2]) == nil)
        #expect(try alert(nil, spoken: [.http1]) == nil)
        #expect(try alert(["h2"], spoken: [.http1]) == noApplicationProtocol)
        #expect(try alert(["h3", "http/1.0", "h2c"], spoken: [.http2, .http1]) == noApplicationProtocol)
        #expect(try alert(nil, spoken: [.http2, .http1]) == nil)
    }

    @Test("Random changes neither trap nor grow")
    func mutations() {
        var random = SystemRandomNumberGenerator()
        let good = records(message(alpn(["h2", "http/1.1"])), 50)
        for _ in 0..<3000 {
            var octets = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                octets[Int.random(in: 0..<octets.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = read(octets, portions: Int.random(in: 1...60, using: &random))
        }
    }
}
