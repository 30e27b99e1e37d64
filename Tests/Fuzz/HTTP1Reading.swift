import HTTPWire
import NIOCore
import NIOEmbedded
import NIOHTTP1

/// One request as somebody understood it.
struct ReadRequest: Equatable {
    /// As text, since NIO repairs what is no UTF-8 in the same way.
    struct Field: Equatable {
        var name: String
        var value: String

        init(name: some Collection<UInt8>, value: some Collection<UInt8>) {
            self.name = String(decoding: name, as: UTF8.self)
            self.value = String(decoding: value, as: UTF8.self)
        }
    }

    var method: [UInt8]
    var target: [UInt8]
    var minorVersion: Int
    var fields: [Field]
    var body: [UInt8] = []
    /// Whether the end of the body was seen.
    var isWhole = false
}

/// Our understanding of a stream of requests, up to the first refusal, the first close or the end of the octets.
struct OwnReading: Equatable {
    var requests: [ReadRequest] = []
    var fault: WireFault?

    /// Whether nothing more of the stream is comparable: other readers stop or go on differently at an upgrade.
    var endsAtUpgrade = false
}

extension OwnReading {
    /// - Parameter cuts: how many octets have arrived at each step, rising, the last one all of them.
    static func read(_ octets: [UInt8], cuts: [Int], head: inout RequestHead) -> OwnReading {
        var reading = OwnReading()
        var consumed = 0
        var accumulation = HeadAccumulation()
        var chunks: ChunkedBodyReader?
        var left = 0
        var isOpen = true
        for arrived in cuts {
            // A copy of its own, so that a sanitizer sees a read beyond the octets.
            let step = Array(octets[..<arrived])
            while isOpen, reading.fault == nil {
                let before = consumed
                let wasInBody = chunks != nil || left > 0
                step[consumed...].withUnsafeBytes { rest in
                    if var reader = chunks {
                        readChunks(rest, &reader, &reading, &consumed)
                        chunks = reader
                    } else if left > 0 {
                        let length = min(left, rest.count)
                        reading.requests[reading.requests.count - 1].body += Array(rest[..<length])
                        left -= length
                        consumed += length
                        if left == 0 { reading.requests[reading.requests.count - 1].isWhole = true }
                    } else {
                        let isLast = arrived == octets.count
                        readHead(rest, isLast, &head, &accumulation, &reading, &consumed, &chunks, &left)
                        if consumed > before { isOpen = head.isPersistent }
                    }
                }
                if chunks != nil, reading.requests.last?.isWhole == true { chunks = nil }
                // After the last request of a connection its body is still read.
                if !isOpen, chunks != nil || left > 0 || wasInBody { isOpen = chunks != nil || left > 0 }
                if consumed == before, wasInBody == (chunks != nil || left > 0) { break }
            }
        }
        return reading
    }

    private static func readHead(
        _ rest: UnsafeRawBufferPointer, _ isLast: Bool, _ head: inout RequestHead, _ accumulation: inout HeadAccumulation,
        _ reading: inout OwnReading, _ consumed: inout Int, _ chunks: inout ChunkedBodyReader?, _ left: inout Int
    ) {
        guard !reading.endsAtUpgrade, accumulation.isWorthParsing(rest) || isLast else { return }
        switch head.parse(rest) {
        case .incomplete: return
        case .refused(let fault): reading.fault = fault
        case .complete(let length):
            accumulation.reset()
            var request = ReadRequest(
                method: Array(rest[head.methodRange]), target: Array(rest[head.target]), minorVersion: head.minorVersion,
                fields: [])
            for index in 0..<head.fieldCount {
                guard let field = head.field(index) else { continue }
                request.fields.append(.init(name: rest[field.name], value: rest[field.value]))
            }
            if head.hasUpgrade || head.method == .connect { reading.endsAtUpgrade = true }
            switch head.framing {
            case .chunked: chunks = ChunkedBodyReader()
            case .length(let octets) where octets > 0: left = octets
            default: request.isWhole = true
            }
            reading.requests.append(request)
            consumed += length
        }
    }

    private static func readChunks(
        _ rest: UnsafeRawBufferPointer, _ chunks: inout ChunkedBodyReader, _ reading: inout OwnReading, _ consumed: inout Int
    ) {
        let (taken, event) = chunks.next(rest)
        consumed += taken
        switch event {
        case .needMore: break
        case .data(let range): reading.requests[reading.requests.count - 1].body += Array(rest[range])
        case .end: reading.requests[reading.requests.count - 1].isWhole = true
        case .fault(let fault): reading.fault = fault
        }
    }
}

/// What NIO's own decoder makes of the same stream.
enum NIOReading {
    static func read(_ octets: [UInt8]) -> (requests: [ReadRequest], failed: Bool) {
        let channel = EmbeddedChannel(handler: ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        var failed = false
        do { try channel.writeInbound(ByteBuffer(bytes: octets)) } catch { failed = true }
        var requests: [ReadRequest] = []
        while let part = (try? channel.readInbound(as: HTTPServerRequestPart.self)) ?? nil {
            switch part {
            case .head(let head):
                requests.append(
                    ReadRequest(
                        method: head.method == .MSEARCH ? Array("M-SEARCH".utf8) : Array(head.method.rawValue.utf8),
                        target: Array(head.uri.utf8), minorVersion: head.version.minor, fields: head.headers.map(field)))
            case .body(let body): requests[requests.count - 1].body += Array(body.readableBytesView)
            case .end: requests[requests.count - 1].isWhole = true
            }
        }
        return (requests, failed)
    }

    /// NIO leaves some of the blanks after a value, which are no part of it (RFC 9110 section 5.5).
    private static func field(name: String, value: String) -> ReadRequest.Field {
        var value = Array(value.utf8)[...]
        while let last = value.last, last == 0x20 || last == 0x09 { value.removeLast() }
        return .init(name: name.utf8, value: value)
    }
}
