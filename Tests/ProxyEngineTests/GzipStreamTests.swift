import BindingPolicy
import NIOCore
import Testing

@testable import ProxyEngine

@Suite("Compression as it goes (CO-05)")
struct GzipStreamTests {
    private func octets(_ count: Int, seed: UInt64) -> [UInt8] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
    }

    private func write(_ stream: GzipStream, _ octets: [UInt8], _ flush: GzipStream.Flush, to out: inout ByteBuffer) -> Bool {
        octets.withUnsafeBytes { stream.write($0, flush, to: &out) }
    }

    @Test("Whatever goes in comes out, in whatever parts, by one stream after the other", arguments: [Int32(1), 4, 9])
    func roundTrip(level: Int32) throws {
        let stream = try #require(GzipStream(level: 6))
        let texts = [[], Array("x".utf8), [UInt8](repeating: 65, count: 300_000), octets(200_000, seed: 7), Array("again and again".utf8)]
        for (number, text) in texts.enumerated() {
            #expect(stream.begin(level: level))
            var out = ByteBuffer()
            for start in stride(from: 0, to: text.count, by: 60_000) {
                let part = Array(text[start..<min(start + 60_000, text.count)])
                #expect(write(stream, part, number.isMultiple(of: 2) ? .none : .all, to: &out))
            }
            #expect(write(stream, [], .end, to: &out))
            let found = try #require(Gunzip.read(Array(out.readableBytesView)))
            #expect(found.octets == text && found.isWhole)
            // What cannot be compressed hardly grows.
            #expect(out.readableBytes < text.count + text.count / 500 + 100)
        }
    }

    @Test("What was flushed can be read, what was not is waited for, and an end that is missing shows")
    func flush() throws {
        let stream = try #require(GzipStream(level: 4))
        var out = ByteBuffer()
        #expect(write(stream, Array("first".utf8), .none, to: &out) && stream.isHolding)
        #expect(Gunzip.text(Array(out.readableBytesView)) != "first")
        #expect(write(stream, [], .all, to: &out) && !stream.isHolding)
        let found = try #require(Gunzip.read(Array(out.readableBytesView)))
        #expect(found.octets == Array("first".utf8) && !found.isWhole)
        let before = out.readableBytes
        #expect(write(stream, [], .all, to: &out) && out.readableBytes == before)
        #expect(write(stream, Array(" second".utf8), .all, to: &out))
        #expect(Gunzip.text(Array(out.readableBytesView)) == "first second")
    }

    @Test("As many as may be at once, in all and of one client; beyond it none, until one is given back")
    func pool() throws {
        func client(_ number: Int) -> ClientKey { .certificate(Thumbprint(ofSHA256: [UInt8](repeating: UInt8(number), count: 32))) }
        var pool = CompressorPool()
        var held: [(GzipStream, ClientKey)] = []
        for number in 0..<4 {
            for _ in 0..<CompressorPool.share {
                let stream = pool.take(for: client(number), level: 4)
                held.append((try #require(stream), client(number)))
            }
            let more = pool.take(for: client(number), level: 4)
            #expect(more == nil)
        }
        let another = pool.take(for: client(9), level: 4)
        #expect(pool.used == CompressorPool.capacity && another == nil)
        let last = held.popLast()
        let (stream, owner) = try #require(last)
        pool.giveBack(stream, of: owner)
        let taken = pool.take(for: client(9), level: 1)
        #expect(taken === stream)
        if let taken { held.append((taken, client(9))) }
        for (stream, owner) in held { pool.giveBack(stream, of: owner) }
        #expect(pool.used == 0 && pool.idleCount == CompressorPool.spare)
        let again = pool.take(for: client(0), level: 4)
        #expect(again != nil)
    }
}
