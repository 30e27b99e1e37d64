package import NIOCore

extension ByteBuffer {
    /// Writes `text` as a JSON string literal with its quotes. Octets that are not ASCII or would need an escape become
    /// `\u00XX`, so that no value from a peer can break a line or its encoding.
    package mutating func writeJSONString(_ text: UnsafeRawBufferPointer) {
        writeInteger(UInt8(ascii: "\""))
        var clean = 0
        for position in text.indices {
            let octet = text[position]
            if octet >= 0x20, octet < 0x7f, octet != UInt8(ascii: "\""), octet != UInt8(ascii: "\\") { continue }
            writeBytes(UnsafeRawBufferPointer(rebasing: text[clean..<position]))
            clean = position + 1
            writeString("\\u00")
            writeInteger(hexDigit(octet >> 4))
            writeInteger(hexDigit(octet & 15))
        }
        writeBytes(UnsafeRawBufferPointer(rebasing: text[clean...]))
        writeInteger(UInt8(ascii: "\""))
    }

    package mutating func writeJSONString(_ text: String) {
        var text = text
        text.withUTF8 { writeJSONString(UnsafeRawBufferPointer($0)) }
    }

    /// Writes the last `count` decimal digits of `value`, zeros included.
    package mutating func writeDigits(_ value: Int, _ count: Int) {
        var divisor = 1
        for _ in 1..<max(1, count) { divisor *= 10 }
        while divisor > 0 {
            writeInteger(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
    }

    /// Writes the decimal digits of `value` without making a String.
    package mutating func writeDecimal(_ value: Int) {
        if value < 0 {
            writeInteger(UInt8(ascii: "-"))
        }
        var magnitude = value.magnitude
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)  // 24 octets, room for the 20 of the largest value
        withUnsafeMutableBytes(of: &digits) { out in
            var position = out.count
            repeat {
                position -= 1
                out[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude % 10)
                magnitude /= 10
            } while magnitude > 0
            writeBytes(UnsafeRawBufferPointer(rebasing: out[position...]))
        }
    }
}

func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10 }
