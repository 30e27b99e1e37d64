package import NIOCore

/// What a line of the access log has, under which names: made once a configuration, so that a request writes octets and looks nothing up.
package struct AccessForm: Sendable, Equatable {
    package let format: LogFormat
    /// `,"name":` of each field, by its number; empty for one that is left out.
    private let keys: [[UInt8]]

    package init(_ format: LogFormat = .json, omit: Set<AccessField> = [], add: Set<AccessField> = []) {
        self.format = format
        keys = AccessField.allCases.map { field in
            let isSaid = !omit.contains(field) && (!AccessField.extra.contains(field) || add.contains(field))
            return isSaid ? Array(",\"\(field.name(in: format))\":".utf8) : []
        }
    }

    package func has(_ field: AccessField) -> Bool { !keys[field.rawValue].isEmpty }

    /// - Returns: whether the field is one of its own.
    private func begin(_ field: AccessField, _ line: inout ByteBuffer) -> Bool {
        let key = keys[field.rawValue]
        line.writeBytes(key)
        return !key.isEmpty
    }

    /// - Parameter value: octets that JSON need not escape.
    package func write(_ field: AccessField, plain value: some Collection<UInt8>, to line: inout ByteBuffer) {
        guard begin(field, &line) else { return }
        line.writeString("\"")
        line.writeBytes(value)
        line.writeString("\"")
    }

    package func write(_ field: AccessField, octets value: UnsafeRawBufferPointer, to line: inout ByteBuffer) {
        if begin(field, &line) { line.writeJSONString(value) }
    }

    /// What others chose, at most 256 octets of it.
    package func write(_ field: AccessField, text value: String, to line: inout ByteBuffer) {
        guard begin(field, &line) else { return }
        var value = value
        value.withUTF8 { line.writeJSONString(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer($0).prefix(Self.textLimit))) }
    }

    package func write(_ field: AccessField, _ value: Int, to line: inout ByteBuffer) {
        if begin(field, &line) { line.writeDecimal(value) }
    }

    package func write(_ field: AccessField, _ value: Bool, to line: inout ByteBuffer) {
        if begin(field, &line) { line.writeString(value ? "true" : "false") }
    }

    /// Its sixteen digits.
    package func write(_ field: AccessField, hexadecimal value: UInt64, to line: inout ByteBuffer) {
        write(field, plain: (0..<16).map { hexDigit(UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * $0)) & 15) }, to: &line)
    }

    /// In the unit that the format has for it.
    package func write(microseconds: Int, to line: inout ByteBuffer) {
        guard begin(.duration, &line) else { return }
        switch format {
        case .json: line.writeDecimal(microseconds)
        case .ecs:
            line.writeDecimal(microseconds)
            line.writeString("000")
        case .otel:
            line.writeDecimal(microseconds / 1_000_000)
            line.writeString(".")
            line.writeDigits(microseconds % 1_000_000, 6)
        }
    }

    /// As the application's protocol is called: `1.1` or `2`, ours by the names of ALPN.
    ///
    /// - Parameter front: how another proxy asks about the request, which only our own form has a place for.
    package func write(isHTTP2: Bool, front: String? = nil, to line: inout ByteBuffer) {
        let ours = format == .json
        if ours, let front { return write(.version, plain: front.utf8, to: &line) }
        write(.version, plain: (isHTTP2 ? ours ? "h2" : "2" : ours ? "http/1.1" : "1.1").utf8, to: &line)
    }

    private static let textLimit = 256
}
