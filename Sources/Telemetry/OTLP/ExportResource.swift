package import NIOCore
import ProtocolBuffers

/// Whose spans and metrics they are (OpenTelemetry's semantic conventions, "Service").
package struct ExportResource: Sendable {
    let version: String
    let instance: String

    /// - Parameters:
    ///   - version: of this program.
    ///   - instance: another for each process that runs at one time.
    package init(version: String, instance: String) { (self.version, self.instance) = (version, instance) }

    /// A random UUID of version 4 (RFC 9562 section 5.4).
    package static func instance(using generator: inout some RandomNumberGenerator) -> String {
        let high: UInt64 = generator.next() & 0xffff_ffff_ffff_0fff | 0x4000
        let low: UInt64 = generator.next() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
        let alphabet = Array("0123456789abcdef")
        var digits: [Character] = []
        for word in [high, low] {
            for place in 0..<16 { digits.append(alphabet[Int(word >> UInt64(60 - 4 * place) & 15)]) }
        }
        let parts: [Range<Int>] = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        return parts.map { String(digits[$0]) }.joined(separator: "-")
    }
}

extension ByteBuffer {
    /// The `resource` and, in it, the `scope` that everything of ours comes from, which is how both kinds of export begin.
    /// - Parameter content: writes what the scope has.
    package static func otlpExport(of resource: ExportResource, _ content: (inout ByteBuffer) -> Void) -> ByteBuffer {
        var out = ByteBuffer()
        out.writeProtobuf(1) { export in
            export.writeProtobuf(1) { attributes in
                attributes.writeAttribute(1, "service.name", "holdfast")
                attributes.writeAttribute(1, "service.version", resource.version)
                attributes.writeAttribute(1, "service.instance.id", resource.instance)
            }
            export.writeProtobuf(2) { scope in
                scope.writeProtobuf(1) { named in
                    named.writeProtobuf(1, text: "holdfast")
                    named.writeProtobuf(2, text: resource.version)
                }
                content(&scope)
            }
        }
        return out
    }
}
