/// Field lines for the upstream in the making. The last look at every value, whoever wrote it: none can break its line.
struct CertificateFieldLines {
    /// Of one value. Beyond that many servers refuse the whole request.
    static let valueLimit = 16 << 10

    private(set) var octets: [UInt8] = []
    /// Values that were there and could not be written safely.
    private(set) var leftOut = 0

    /// - Parameter value: printable ASCII without spaces at its ends; nil for one that cannot be written safely. An empty one is no field.
    mutating func put(_ name: String, _ value: [UInt8]?) {
        guard let value, Self.isSafe(value) else { return leaveOut() }
        guard !value.isEmpty else { return }
        octets += name.utf8
        octets += [UInt8(ascii: ":"), UInt8(ascii: " ")]
        octets += value
        octets += [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
    }

    mutating func put(_ name: String, _ value: String?) { put(name, value.map { Array($0.utf8) }) }

    mutating func leaveOut() { leftOut += 1 }

    private static func isSafe(_ value: [UInt8]) -> Bool {
        value.count <= valueLimit && value.first != UInt8(ascii: " ") && value.last != UInt8(ascii: " ")
            && value.allSatisfy { 0x20...0x7e ~= $0 }
    }
}
