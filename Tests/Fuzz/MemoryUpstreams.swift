import HTTPWire
import NIOCore
import NIOEmbedded

/// The upstream of a stage: reads each request by HTTP/1.1's parser, and answers when it is told to.
final class MemoryUpstreams {
    private let eventLoop: EmbeddedEventLoop
    private let names: StripList
    private(set) var open: [MemoryUpstream] = []
    /// The next attempts to connect fail.
    var refuses = false
    private(set) var heads = 0
    /// What came that is no request.
    private(set) var faults: [String] = []

    init(_ eventLoop: EmbeddedEventLoop, _ names: StripList) {
        self.eventLoop = eventLoop
        self.names = names
    }

    func connect() -> EventLoopFuture<any Channel> {
        guard !refuses, let upstream = try? MemoryUpstream(eventLoop, names) else { return eventLoop.makeFailedFuture(ChannelError.eof) }
        open.append(upstream)
        return eventLoop.makeSucceededFuture(upstream.wire.channel)
    }

    /// Reads what was sent to each.
    func look() {
        for upstream in open { if let fault = upstream.look() { faults.append(fault) } }
        open.removeAll { !$0.wire.isOpen }
    }

    var asked: [MemoryUpstream] {
        look()
        return open.filter(\.isAsked)
    }

    func closeAll() {
        for upstream in open { upstream.wire.leaves() }
        open = []
        faults = []
    }
}

final class MemoryUpstream {
    let wire: MemoryWire
    private var bytes = ByteBuffer()
    private var head: RequestHead
    private var body: BodyReader?
    /// It has a request, of which the head at least is there, and no answer yet.
    private(set) var isAsked = false
    /// The rest of an answer that has begun.
    private var rest: [UInt8] = []
    private var endsByClosing = false

    init(_ eventLoop: EmbeddedEventLoop, _ names: StripList) throws {
        wire = try MemoryWire(eventLoop)
        head = RequestHead(names: names)
    }

    /// - Returns: what is wrong with what came.
    func look() -> String? {
        var new = wire.take()
        bytes.writeBuffer(&new)
        while bytes.readableBytes > 0 {
            if var reader = body {
                let step = reader.next(&bytes)
                if let fault = step.fault { return "the upstream got a broken body: \(fault)" }
                body = step.isOver ? nil : reader
                if !step.isOver { break }
                continue
            }
            switch head.parse(bytes) {
            case .refused(let fault): return "the upstream got no request: \(fault)"
            case .incomplete: return nil
            case .complete(let length):
                if isAsked { return "the upstream got a request before it answered the last one" }
                bytes.moveReaderIndex(forwardBy: length)
                isAsked = true
                let reader = BodyReader(head.framing, limits: .request)
                body = reader.isOver ? nil : reader
            }
        }
        return nil
    }

    /// - Parameter isPart: half of it for now; the next call goes on.
    func answer(_ text: String, isPart: Bool, closes: Bool) {
        if rest.isEmpty { (rest, endsByClosing) = (Array(text.utf8), closes) }
        if isPart {
            let half = rest.count / 2
            wire.sends(rest[..<half])
            rest.removeFirst(half)
        } else {
            wire.sends(rest[...])
            rest = []
            isAsked = false
            if endsByClosing { wire.leaves() }
        }
    }
}
