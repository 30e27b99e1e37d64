import DecisionWire
import NIOCore
import ProtocolBuffers
import Testing

/// A message as another writer would have it, field by field.
private func message(_ body: (inout ByteBuffer) -> Void) -> ByteBuffer {
    var out = ByteBuffer()
    body(&out)
    return out
}

@Suite struct EnvoyCheckRequestTests {
    private func check(
        method: String = "GET", path: String = "/a?b", host: String = "api.example:8443",
        fields: [(String, String)] = [("authorization", "Bearer t")],
        raw: [(String, String)] = [], certificate: String? = "MAMCAfv%2F", address: String? = "192.0.2.1"
    ) -> ByteBuffer {
        message { out in
            out.writeProtobuf(1) { attributes in
                attributes.writeProtobuf(1) { source in
                    if let address {
                        source.writeProtobuf(1) { $0.writeProtobuf(1) { $0.writeProtobuf(2, octets: address.utf8) } }
                    }
                    if let certificate { source.writeProtobuf(5, octets: certificate.utf8) }
                }
                attributes.writeProtobuf(4) { request in
                    request.writeProtobuf(2) { http in
                        http.writeProtobuf(2, octets: method.utf8)
                        for (name, value) in fields { http.writeProtobuf(3) { Self.pair(name, value, 2, &$0) } }
                        http.writeProtobuf(4, octets: path.utf8)
                        http.writeProtobuf(5, octets: host.utf8)
                        http.writeProtobuf(9, varint: 7)
                        if !raw.isEmpty {
                            http.writeProtobuf(13) { map in
                                for (name, value) in raw { map.writeProtobuf(1) { Self.pair(name, value, 3, &$0) } }
                            }
                        }
                    }
                }
                attributes.writeProtobuf(99, octets: "what a later Envoy says".utf8)
            }
        }
    }

    private static func pair(_ name: String, _ value: String, _ field: Int, _ out: inout ByteBuffer) {
        out.writeProtobuf(1, octets: name.utf8)
        out.writeProtobuf(field, octets: value.utf8)
    }

    @Test func readsWhatJudgementNeeds() throws {
        let question = try EnvoyCheckRequest.read(check(fields: [(":path", "/other"), ("authorization", "Bearer t"), ("x-a", "1")]))
        #expect(
            String(buffer: question.head) == "GET /a?b HTTP/1.1\r\nHost: api.example:8443\r\nauthorization: Bearer t\r\nx-a: 1\r\n\r\n")
        #expect(question.host == Array("api.example".utf8))
        #expect(question.chain == [[0x30, 0x03, 0x02, 0x01, 0xfb, 0xff]])
        #expect(question.address == Array("192.0.2.1".utf8))
    }

    @Test func takesTheFieldsApartWhereEnvoyDoes() throws {
        let question = try EnvoyCheckRequest.read(check(raw: [("authorization", "Bearer a"), ("authorization", "Bearer b")]))
        #expect(
            String(buffer: question.head)
                == "GET /a?b HTTP/1.1\r\nHost: api.example:8443\r\nauthorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n")
    }

    @Test func aClientWithoutACertificateHasNone() throws { #expect(try EnvoyCheckRequest.read(check(certificate: nil)).chain == []) }

    @Test func refusesWhatIsNoRequest() {
        #expect(throws: CheckFault.malformed) { try EnvoyCheckRequest.read(ByteBuffer()) }
        #expect(throws: CheckFault.malformed) { try EnvoyCheckRequest.read(check(method: "")) }
        #expect(throws: CheckFault.malformed) { try EnvoyCheckRequest.read(check(path: "/a b")) }
        #expect(throws: CheckFault.malformed) { try EnvoyCheckRequest.read(check(fields: [("x-a", "1\r\nHost: other")])) }
    }

    @Test func refusesEveryMessageThatIsCutShort() {
        let whole = Array(check().readableBytesView)
        for count in 0..<whole.count {
            #expect(throws: CheckFault.malformed) { try EnvoyCheckRequest.read(ByteBuffer(bytes: whole.prefix(count))) }
        }
    }

    @Test(
        arguments: [
            [0x0a], [0x0a, 0x05, 0x01], [0x0b], [0x00], [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02], [0x0d, 0x01], [0x09, 0x01],
        ] as [[UInt8]]) func refusesWhatIsNoProtobuf(_ octets: [UInt8])
    {
        #expect(throws: CheckFault.malformed) { try EnvoyCheckRequest.read(ByteBuffer(bytes: octets)) }
    }
}

@Suite struct EnvoyCheckResponseTests {
    /// Field numbers with what stands in them, at one level.
    private func fields(_ message: ByteBuffer) throws -> [(Int, ProtobufReader.Value)] {
        var reader = ProtobufReader(message)
        var found: [(Int, ProtobufReader.Value)] = []
        while let (field, value) = try reader.next() { found.append((field, value)) }
        return found
    }

    private func inner(_ message: ByteBuffer, _ number: Int) throws -> [ByteBuffer] {
        try fields(message).compactMap { field, value in if case .octets(let octets) = value, field == number { octets } else { nil } }
    }

    private func option(_ octets: ByteBuffer) throws -> String {
        let parts = try fields(octets)
        let header = try #require(try inner(octets, 1).first)
        #expect(parts.contains { $0.0 == 3 && $0.1 == .number(2) }, "it takes the place of the client's")
        return try inner(header, 1).map { String(buffer: $0) }.joined() + "=" + inner(header, 2).map { String(buffer: $0) }.joined()
    }

    @Test func aPermitSetsOursAndRemovesTheirs() throws {
        let response = EnvoyCheckResponse.permitted(
            set: Array("X-A: 1\r\nX-B: two: 2\r\n".utf8), remove: [Array("x-a".utf8), Array("x_b".utf8), Array("forwarded".utf8)],
            answer: Array("x-id: 7\r\n".utf8))
        let ok = try #require(try inner(response, 3).first)
        #expect(try inner(response, 1) == [ByteBuffer()] && inner(response, 2).isEmpty)
        #expect(try inner(ok, 2).map(option) == ["X-A=1", "X-B=two: 2"])
        // Envoy removes after it has set.
        #expect(try inner(ok, 5).map { String(buffer: $0) } == ["x_b", "forwarded"])
        #expect(try inner(ok, 6).map(option) == ["x-id=7"])
    }

    @Test func aRefusalHasItsStatusFieldsAndBody() throws {
        let response = EnvoyCheckResponse.refused(status: 401, lines: Array("WWW-Authenticate: Bearer\r\n".utf8), body: "no".utf8)
        #expect(try fields(try #require(try inner(response, 1).first)).map(\.1) == [.number(16)])
        let denied = try #require(try inner(response, 2).first)
        #expect(try fields(try #require(try inner(denied, 1).first)).map(\.1) == [.number(401)])
        #expect(try inner(denied, 2).map(option) == ["WWW-Authenticate=Bearer"])
        #expect(try inner(denied, 3).map { String(buffer: $0) } == ["no"] && inner(response, 3).isEmpty)
    }
}

@Suite struct GRPCMessageTests {
    @Test func isOneMessageAndWhole() {
        var out = ByteBuffer()
        GRPCMessage.write(to: &out, ByteBuffer(string: "abc"))
        #expect(GRPCMessage.read(out) == ByteBuffer(string: "abc"))
        #expect(GRPCMessage.read(ByteBuffer()) == nil)
        #expect(GRPCMessage.read(ByteBuffer(bytes: [0, 0, 0, 0])) == nil)
        // Compressed, too short, too long.
        #expect(GRPCMessage.read(ByteBuffer(bytes: [1, 0, 0, 0, 1, 0])) == nil)
        #expect(GRPCMessage.read(ByteBuffer(bytes: [0, 0, 0, 0, 2, 0])) == nil)
        #expect(GRPCMessage.read(ByteBuffer(bytes: [0, 0, 0, 0, 1, 0, 0])) == nil)
    }
}
