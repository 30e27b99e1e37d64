import CZlib

@testable import ProxyEngine

/// Reads what was compressed, as far as it has come.
enum Gunzip {
    /// - Returns: nil where it is no gzip; `isWhole` where its end has come, with the right length and checksum, and nothing behind it.
    static func read(_ octets: [UInt8]) -> (octets: [UInt8], isWhole: Bool)? {
        var stream = z_stream()
        return withUnsafeMutablePointer(to: &stream) { stream in
            guard holdfast_gunzip_init(stream) == Z_OK else { return nil }
            defer { inflateEnd(stream) }
            var (input, found) = (octets, [UInt8]())
            return input.withUnsafeMutableBufferPointer { input in
                stream.pointee.next_in = input.baseAddress
                stream.pointee.avail_in = UInt32(input.count)
                var part = [UInt8](repeating: 0, count: 1 << 14)
                var status = Z_OK
                repeat {
                    let count = part.withUnsafeMutableBufferPointer { part in
                        stream.pointee.next_out = part.baseAddress
                        stream.pointee.avail_out = UInt32(part.count)
                        status = inflate(stream, Z_SYNC_FLUSH)
                        return part.count - Int(stream.pointee.avail_out)
                    }
                    found += part.prefix(count)
                } while status == Z_OK && stream.pointee.avail_out == 0
                guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else { return nil }
                return (found, status == Z_STREAM_END && stream.pointee.avail_in == 0)
            }
        }
    }

    static func text(_ octets: [UInt8]) -> String? { read(octets).map { String(decoding: $0.octets, as: UTF8.self) } }
}

/// An answer as a client of HTTP/1.1 has it: its head, and its body without chunks, as far as they have come.
struct ReadAnswer {
    let head: String
    var body: [UInt8] = []
    /// The last chunk has come, or there is no chunk.
    var isWhole = false

    init?(_ octets: [UInt8]) {
        let end = [13, 10, 13, 10] as [UInt8]
        guard let gap = octets.indices.first(where: { octets[$0...].starts(with: end) }) else { return nil }
        head = String(decoding: octets[..<(gap + 4)], as: UTF8.self)
        var rest = octets[(gap + 4)...]
        guard head.contains("Transfer-Encoding: chunked") else {
            (body, isWhole) = (Array(rest), true)
            return
        }
        while let line = rest.firstIndex(of: 13), let count = Int(String(decoding: rest[..<line], as: UTF8.self), radix: 16) {
            guard count > 0 else {
                isWhole = rest[line...].elementsEqual(end)
                return
            }
            guard rest.endIndex - line >= count + 4 else { return }
            body += rest[(line + 2)..<(line + 2 + count)]
            rest = rest[(line + 4 + count)...]
        }
    }
}
