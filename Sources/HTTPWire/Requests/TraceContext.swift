/// A `traceparent` (W3C Trace Context section 3.2): of which trace a request is a part, and of which part of it.
///
/// What a client sent is taken only where it is well formed; the upstream gets a line that is written anew, in version 00, with a parent id of
/// its own request.
package struct TraceContext: Equatable, Sendable {
    package static let parentName = "traceparent"
    package static let stateName = "tracestate"

    /// 32 lower-case hexadecimal digits, not all of them zero.
    package let traceID: [UInt8]
    /// 16, likewise.
    package let parentID: [UInt8]
    package let isSampled: Bool

    /// - Parameter text: a value. Nil for anything but `00-` and the rest of that version, or a later one that begins like it (section 3.2.4).
    package init?(_ text: UnsafeRawBufferPointer) {
        guard text.count >= Self.length else { return nil }
        let octets = [UInt8](text.prefix(Self.length + 1))
        let version = octets[0..<2], trace = octets[3..<35], parent = octets[36..<52], flags = octets[53..<55]
        guard [2, 35, 52].allSatisfy({ octets[$0] == Octet.dash }),
            [version, trace, parent, flags].allSatisfy({ $0.allSatisfy(Self.isDigit) }), !version.allSatisfy({ $0 == UInt8(ascii: "f") }),
            trace.contains(where: { $0 != Octet.zero }), parent.contains(where: { $0 != Octet.zero })
        else { return nil }
        if text.count > Self.length {
            guard !version.allSatisfy({ $0 == Octet.zero }), octets[Self.length] == Octet.dash else { return nil }
        }
        (traceID, parentID) = (Array(trace), Array(parent))
        isSampled = Self.value(octets[54]) & 1 == 1
    }

    private init(traceID: [UInt8], parentID: [UInt8], isSampled: Bool) {
        self.traceID = traceID
        self.parentID = parentID
        self.isSampled = isSampled
    }

    /// A trace that begins here.
    package static func begun(isSampled: Bool, using generator: inout some RandomNumberGenerator) -> TraceContext {
        TraceContext(
            traceID: hexadecimal(identifier(&generator)) + hexadecimal(generator.next()), parentID: hexadecimal(identifier(&generator)),
            isSampled: isSampled)
    }

    /// The same trace, as the upstream is told of it: its parent is our request. Whether somebody records it says who may say so.
    package func continued(isSampled: Bool, using generator: inout some RandomNumberGenerator) -> TraceContext {
        TraceContext(traceID: traceID, parentID: Self.hexadecimal(Self.identifier(&generator)), isSampled: isSampled)
    }

    /// The whole field line.
    package func writeField(to fields: inout [UInt8]) {
        fields += Self.opening + traceID
        fields.append(Octet.dash)
        fields += parentID + (isSampled ? Self.sampled : Self.unsampled)
    }

    /// Of a value of version 00.
    private static let length = 55
    private static let opening = Array("\(parentName): 00-".utf8)
    private static let sampled = Array("-01\r\n".utf8), unsampled = Array("-00\r\n".utf8)

    /// Not zero.
    private static func identifier(_ generator: inout some RandomNumberGenerator) -> UInt64 { max(1, generator.next()) }

    private static func hexadecimal(_ number: UInt64) -> [UInt8] {
        (0..<16).map { Octet.hexadecimal(number >> UInt64(60 - 4 * $0)) }
    }

    /// Upper case is not valid.
    private static func isDigit(_ octet: UInt8) -> Bool { Octet.isDigit(octet) || octet &- UInt8(ascii: "a") < 6 }

    /// - Parameter digit: a valid one.
    private static func value(_ digit: UInt8) -> UInt8 { Octet.isDigit(digit) ? digit & 15 : (digit & 15) &+ 9 }
}
