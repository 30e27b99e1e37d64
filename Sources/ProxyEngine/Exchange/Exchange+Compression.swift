import HTTPWire
import NIOCore
import Telemetry

/// How an exchange's answer may be compressed, and the stream that does it while it is.
struct AnswerCompression {
    let terms: CompressionTerms
    let wish: CompressionWish
    fileprivate var stream: GzipStream?
    /// The answer's head says so.
    fileprivate var isOn = false

    init(_ terms: CompressionTerms, _ wish: CompressionWish) {
        self.terms = terms
        self.wish = wish
    }
}

/// An answer that its upstream does not compress. What was chosen is said in a head that takes the place of the upstream's and is parsed like any
/// other, so that nothing behind it knows of compression.
extension Exchange {
    /// - Parameters:
    ///   - raw: what the generation's response head was parsed from.
    ///   - fields: whole lines that are added to it.
    /// - Returns: what it is parsed from now.
    func compressed(_ raw: ByteBuffer, adding fields: inout [UInt8]) -> ByteBuffer {
        guard let compression, upgrade == nil else { return raw }
        let choice = raw.withUnsafeReadableBytes { generation.responseHead.compressionChoice($0, under: compression.terms, for: compression.wish) }
        guard choice != .never else { return raw }
        if !raw.withUnsafeReadableBytes({ generation.responseHead.variesByEncoding($0) }) { fields += ResponseHead.varyField }
        switch choice {
        case .never, .varies(weakensTag: false): return raw
        case .varies(weakensTag: true): return changed(raw, isCompressed: false) ?? raw
        case .gzip: break
        }
        guard takeStream(compression) else { return raw }
        guard let changed = changed(raw, isCompressed: true) else {
            endCompression()
            return raw
        }
        self.compression?.isOn = true
        loop.counters.metrics.responsesCompressed &+= 1
        fields += ResponseHead.gzipField
        return changed
    }

    /// An answer to HEAD has no body, and says what one to GET would say.
    private func takeStream(_ compression: AnswerCompression) -> Bool {
        if request.isHead { return true }
        guard let stream = loop.compressors.take(for: client.key, level: compression.terms.level) else {
            loop.counters.metrics.compressionsLeftOut &+= 1
            return false
        }
        self.compression?.stream = stream
        loop.counters.metrics.compressionsActive = loop.compressors.used
        return true
    }

    /// Nil where it is longer than a head may be: then the upstream's own is parsed again.
    private func changed(_ raw: ByteBuffer, isCompressed: Bool) -> ByteBuffer? {
        let method = request.isHead ? KnownMethod.head : .other
        let changed = raw.withUnsafeReadableBytes { generation.responseHead.changed($0, isCompressed: isCompressed) }
        if case .complete = generation.responseHead.parse(changed, answering: method) { return changed }
        _ = generation.responseHead.parse(raw, answering: method, tolerating: seat?.upstream.pool.responses.tolerance ?? [])
        return nil
    }

    /// A part of the answer's body, as it goes to the client.
    func pass(_ part: ByteBuffer) {
        guard compression?.stream != nil else { return passOn(part) }
        compress(part, .none)
    }

    /// What one read brought is to reach the client without the next.
    func flushCompression() {
        if compression?.stream?.isHolding == true { compress(ByteBuffer(), .all) }
    }

    /// The answer is whole.
    func finishCompression() {
        guard compression?.stream != nil else { return }
        compress(ByteBuffer(), .end)
        endCompression()
    }

    private func compress(_ part: ByteBuffer, _ flush: GzipStream.Flush) {
        guard let stream = compression?.stream else { return }
        var out = loop.buffers.take()
        let isWell = part.withUnsafeReadableBytes { stream.write($0, flush, to: &out) }
        // Also where nothing comes of it: the upstream has moved.
        passOn(out)
        loop.buffers.giveBack(out)
        if !isWell { cut(.aborted) }
    }

    func trailers(_ lines: [UInt8]) -> [UInt8] { compression?.isOn == true ? ResponseHead.compressedTrailers(lines) : lines }

    /// Its place is another's, however the exchange ended.
    func endCompression() {
        guard let stream = compression?.stream else { return }
        compression?.stream = nil
        loop.compressors.giveBack(stream, of: client.key)
        loop.counters.metrics.compressionsActive = loop.compressors.used
    }
}
