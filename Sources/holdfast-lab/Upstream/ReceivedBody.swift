import Crypto
import NIOCore

/// A request body as it was framed: read in pieces, hashed, and kept only where small.
struct ReceivedBody: Sendable {
    private static let longestShown = 4096

    private(set) var length = 0
    private(set) var sha256 = ""
    /// The body as ISO-8859-1; empty where it is longer than 4096 octets.
    private(set) var text = ""
    private(set) var trailers: [ReceivedHead.Field] = []
    /// False where the peer went away before the end that it had announced.
    private(set) var complete = true

    private var hasher = SHA256()

    /// - Parameter limit: stop after this many octets of body, for an upstream that goes away in the middle.
    static func read(for head: ReceivedHead, from reader: inout WireReader, limit: Int? = nil) async throws -> ReceivedBody {
        var body = ReceivedBody()
        if head.lists("chunked", in: "transfer-encoding") {
            try await body.readChunks(from: &reader, limit: limit ?? .max)
        } else if let length = head.values("content-length").first.flatMap({ Int($0) }) {
            try await body.read(min(length, limit ?? .max), from: &reader)
        }
        body.sha256 = Self.hexadecimal(body.hasher.finalize())
        return body
    }

    private mutating func read(_ count: Int, from reader: inout WireReader) async throws {
        var missing = count
        while missing > 0 {
            guard let piece = try await reader.some(atMost: missing) else {
                complete = false
                return
            }
            missing -= piece.readableBytes
            length += piece.readableBytes
            piece.withUnsafeReadableBytes { hasher.update(bufferPointer: $0) }
            text = length <= Self.longestShown ? text + piece.latin1 : ""
        }
    }

    private mutating func readChunks(from reader: inout WireReader, limit: Int) async throws {
        while length < limit {
            guard let line = try await reader.line()?.latin1 else {
                complete = false
                return
            }
            guard let size = Int(line.prefix { $0.isHexDigit }, radix: 16) else { throw LabError("a chunk size of \(line)") }
            if size == 0 { break }
            try await read(min(size, limit - length), from: &reader)
            guard complete, length < limit, try await reader.line() != nil else {
                complete = false
                return
            }
        }
        while length < limit, let line = try await reader.line() {
            if line.readableBytes == 2 { return }
            trailers.append(ReceivedHead.field(line.readableBytesView.dropLast(2)))
        }
        complete = false
    }

    private static func hexadecimal(_ octets: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: octets.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
