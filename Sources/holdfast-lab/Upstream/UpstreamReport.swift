import NIOCore

/// What an answer says about the request that caused it. Written by hand, since a load of requests is answered with it.
struct UpstreamReport: Sendable {
    let head: ReceivedHead
    /// Absent where the answer was sent before the body was read.
    let body: ReceivedBody?
    /// The connection's number since the start, and the request's number on it, both from 1.
    let connection: Int
    let request: Int

    /// One line of JSON. `head` is the head as it arrived, octets as ISO-8859-1.
    var json: ByteBuffer {
        var out = ByteBuffer()
        out.writeString("{\"connection\":\(connection),\"request\":\(request),\"method\":")
        out.writeJSONString(head.method)
        out.writeString(",\"target\":")
        out.writeJSONString(head.target)
        out.writeString(",\"version\":")
        out.writeJSONString(head.version)
        out.writeString(",\"fields\":")
        out.writeJSONFields(head.fields)
        out.writeString(",\"head\":")
        out.writeJSONString(head.raw)
        out.writeString(",\"body\":")
        if let body {
            out.writeString("{\"length\":\(body.length),\"sha256\":\"\(body.sha256)\",\"complete\":\(body.complete),\"text\":")
            out.writeJSONString(body.text)
            out.writeString(",\"trailers\":")
            out.writeJSONFields(body.trailers)
            out.writeString("}")
        } else {
            out.writeString("null")
        }
        out.writeString("}\n")
        return out
    }
}

extension ByteBuffer {
    /// A JSON string (RFC 8259 section 7).
    mutating func writeJSONString(_ text: String) {
        let hexadecimal: StaticString = "0123456789abcdef"
        writeInteger(UInt8(ascii: "\""))
        for octet in text.utf8 {
            switch octet {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                writeInteger(UInt8(ascii: "\\"))
                writeInteger(octet)
            case 0..<0x20:
                writeStaticString("\\u00")
                writeInteger(hexadecimal.utf8Start[Int(octet >> 4)])
                writeInteger(hexadecimal.utf8Start[Int(octet & 15)])
            default: writeInteger(octet)
            }
        }
        writeInteger(UInt8(ascii: "\""))
    }

    /// An array of pairs.
    fileprivate mutating func writeJSONFields(_ fields: [ReceivedHead.Field]) {
        writeInteger(UInt8(ascii: "["))
        for (index, field) in fields.enumerated() {
            writeStaticString(index == 0 ? "[" : ",[")
            writeJSONString(field.name)
            writeInteger(UInt8(ascii: ","))
            writeJSONString(field.value)
            writeInteger(UInt8(ascii: "]"))
        }
        writeInteger(UInt8(ascii: "]"))
    }
}
