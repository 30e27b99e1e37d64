package import NIOCore

/// A validated response head of the upstream (RFC 9112 section 4): positions in the octets it was parsed from, and what they
/// mean. Reused like `RequestHead`.
///
/// Every fault means that the upstream talks nonsense: close the connection to it, answer 502 (requirements H1-12).
package struct ResponseHead: ~Copyable {
    private let limits: WireLimits
    let names: StripList
    private(set) var section: FieldSection
    private(set) var reason = 0..<0
    /// What Content-Length and Transfer-Encoding said, whether a body follows or not.
    private(set) var declared: BodyFraming?

    /// Octets of the whole head.
    package private(set) var length = 0
    /// 100 to 999: numbers that HTTP has no class for are forwarded as they are.
    package private(set) var status = 0
    /// 0 or 1.
    package private(set) var minorVersion = 1
    package private(set) var framing = BodyFraming.none
    /// Whether the upstream will take another request on this connection.
    package private(set) var isPersistent = false
    /// It was understood by a word of ``ResponseTolerance`` that leaves open where it or its body ends.
    package private(set) var isGuessed = false

    package init(limits: WireLimits = .response, names: StripList) {
        self.limits = limits
        self.names = names
        section = FieldSection(capacity: limits.fields, direction: .response)
    }

    /// Whether an interim response is followed by another one (RFC 9110 section 15.2). 101 is not: it ends HTTP.
    package var isInterim: Bool { status < 200 && status != 101 }

    /// Looks at all octets received of a head so far; each call starts anew.
    /// - Parameters:
    ///   - method: that of the request; the answer to HEAD has no body whatever it declares.
    ///   - tolerance: what this upstream may do wrong; of it, ``read(_:answering:tolerating:)`` alone mends what is not about framing fields.
    package mutating func parse(
        _ octets: UnsafeRawBufferPointer, answering method: KnownMethod, tolerating tolerance: ResponseTolerance = []
    ) -> HeadProgress {
        guard let reader = OctetReader(octets, limit: limits.head) else { return .incomplete }
        do throws(HeadStop) {
            try parse(reader, answering: method, tolerance)
            return .complete(length: length)
        } catch {
            switch error {
            case .incomplete: return octets.count >= limits.head ? .refused(.headTooLarge) : .incomplete
            case .refused(let fault): return .refused(fault)
            }
        }
    }

    package mutating func parse(
        _ buffer: ByteBuffer, answering method: KnownMethod, tolerating tolerance: ResponseTolerance = []
    ) -> HeadProgress {
        buffer.withUnsafeReadableBytes { parse($0, answering: method, tolerating: tolerance) }
    }

    private mutating func parse(_ reader: OctetReader, answering method: KnownMethod, _ tolerance: ResponseTolerance) throws(HeadStop) {
        section.reset()
        let position = try parseStatusLine(reader)
        length = try section.parse(reader, from: position, names: names)
        let reader = reader.upTo(length)
        declared = try section.declaredFraming(reader, minorVersion: minorVersion, tolerance)
        isGuessed = section.isFramingGuessed
        let bodiless = method == .head || status < 200 || status == 204 || status == 304
        framing = bodiless ? .none : declared ?? .untilClose
        let options = try section.applyConnection(reader, names: names)
        isPersistent = minorVersion == 1 && !options.close && framing != .untilClose && !announcesImpossibleBody && !isGuessed
    }

    /// A 204 with a body declared (RFC 9112 section 6.3 (1)): what is sent as that body would be the next answer.
    private var announcesImpossibleBody: Bool { status == 204 && (declared.map { $0 != .length(0) } ?? false) }

    /// `HTTP/1.x SP 3DIGIT [SP reason]`. The SP before an absent reason is forgiven: many servers leave it out.
    private mutating func parseStatusLine(_ reader: OctetReader) throws(HeadStop) -> Int {
        guard try reader.expect("HTTP/1.", at: 0) else { throw .refused(.statusLineMalformed) }
        let minor = try reader.octet(7)
        guard Octet.isDigit(minor), try reader.octet(8) == Octet.space else { throw .refused(.statusLineMalformed) }
        minorVersion = minor == Octet.zero ? 0 : 1
        status = 0
        for position in 9..<12 {
            let digit = try reader.octet(position)
            guard Octet.isDigit(digit) else { throw .refused(.statusLineMalformed) }
            status = status * 10 + Int(digit &- Octet.zero)
        }
        guard status >= 100 else { throw .refused(.statusLineMalformed) }
        let next = try reader.octet(12)
        guard next == Octet.space || next == Octet.cr else { throw .refused(FieldSyntax.fault(next, or: .statusLineMalformed)) }
        let start = next == Octet.space ? 13 : 12
        let end = try FieldSyntax.endOfValue(reader, from: start)
        reason = start..<end
        return end + 2
    }
}

extension ResponseHead {
    /// What is there of a head.
    package enum Reading {
        case incomplete
        /// Its octets, taken from the buffer: those the positions of this head are of, which are not those that came where they had to be mended.
        case complete(ByteBuffer)
        case refused(WireFault)
    }

    /// Takes a head from the beginning of `bytes`, all that was received of it so far, mended where it must be.
    package mutating func read(
        _ bytes: inout ByteBuffer, answering method: KnownMethod, tolerating tolerance: ResponseTolerance
    ) -> Reading {
        switch parse(bytes, answering: method, tolerating: tolerance) {
        case .incomplete: return .incomplete
        case .complete(let length): return bytes.readSlice(length: length).map(Reading.complete) ?? .incomplete
        case .refused(let fault):
            guard HeadMending.mayHelp(against: fault, tolerance) else { return .refused(fault) }
            return readMended(&bytes, answering: method, tolerance)
        }
    }

    private mutating func readMended(_ bytes: inout ByteBuffer, answering method: KnownMethod, _ tolerance: ResponseTolerance) -> Reading {
        var mended = ByteBuffer()
        let outcome = bytes.withUnsafeReadableBytes { HeadMending.mend($0, limit: limits.head, tolerance, into: &mended) }
        switch outcome {
        case .incomplete: return .incomplete
        case .refused(let fault): return .refused(fault)
        case .mended(let consumed, let isGuess):
            switch parse(mended, answering: method, tolerating: tolerance) {
            // It is whole: where it is longer than it came, too long by that.
            case .incomplete: return .refused(.headTooLarge)
            case .refused(let fault): return .refused(fault)
            case .complete:
                bytes.moveReaderIndex(forwardBy: consumed)
                if isGuess { (isGuessed, isPersistent) = (true, false) }
                return .complete(mended)
            }
        }
    }

    /// Octets that its body has, where the head tells.
    package var bodyLength: Int? {
        switch framing {
        case .none: 0
        case .length(let octets): octets
        case .chunked, .untilClose: nil
        }
    }

    package var hasDate: Bool { section.seen.contains(.date) }
    package var fieldCount: Int { section.count }
    /// Name and value of the field at `index`, counted from 0; nil beyond the last.
    package func field(_ index: Int) -> (name: Range<Int>, value: Range<Int>, role: FieldRole)? {
        guard index >= 0, index < section.count else { return nil }
        let line = section[index]
        return (line.name, line.value, line.role)
    }
}
