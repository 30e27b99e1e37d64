import HTTPWire
import NIOCore
import Testing

@Suite("x-fapi-interaction-id on the way through")
struct InteractionFieldTests {
    private let request = "GET / HTTP/1.1\r\nHost: a\r\nx-fapi-interaction-id: 1\r\nX_FAPI_Interaction_ID: 2\r\nX-Other: 3\r\n\r\n"

    private func written(_ names: StripList, _ text: String) throws -> (id: String?, count: Int, out: String) {
        var head = RequestHead(names: names)
        let octets = Array(text.utf8)
        guard case .complete = octets.withUnsafeBytes({ head.parse($0) }) else { throw Broken() }
        var out = ByteBuffer()
        let rewrite = try #require(RequestRewrite(pseudonym: "p", removesAuthorization: false))
        octets.withUnsafeBytes { head.write(from: $0, to: &out, rewrite, trusted: []) }
        return (head.interactionID.map { String(decoding: octets[$0], as: UTF8.self) }, head.interactionIDCount, String(buffer: out))
    }

    private struct Broken: Error {}

    @Test("Where it is managed it is read, and neither it nor its look-alike is forwarded (Q-08)")
    func managed() throws {
        let names = try StripList(trustedHeader: "X-T", managesInteractionID: true)
        let (id, count, out) = try written(names, request)
        #expect(id == "1" && count == 1)
        #expect(!out.lowercased().contains("interaction") && out.contains("X-Other: 3\r\n"))
        #expect(try written(names, request.replacing("X-Other", with: "X-Fapi-Interaction-Id")).count == 2)
    }

    @Test("Sent as it should be it is no identity field, spelled otherwise it is one, and neither survives in the form of the other (Q-08)")
    func identityFields() throws {
        let names = try StripList(trustedHeader: "X-T", managesInteractionID: true)
        for (line, ids, identityFields) in [
            ("x-fapi-interaction-id: 1", 1, 0), ("X-FAPI-Interaction-ID: 1", 1, 0), ("x_fapi_interaction_id: 1", 0, 1),
            ("x-fapi-interaction.id: 1", 0, 1), ("x-fapi-interaction-ids: 1", 0, 0),
            ("x-fapi-interaction-id: 1\r\nConnection: x-fapi-interaction-id", 1, 0),
        ] {
            var head = RequestHead(names: names)
            let octets = ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\n\(line)\r\n\r\n")
            guard case .complete = head.parse(octets) else {
                Issue.record("\(line) is no request")
                continue
            }
            #expect(head.interactionIDCount == ids && head.identityFields == identityFields, "\(line)")
        }
    }

    @Test("It is read from each message anew (Q-08)")
    func anew() throws {
        var head = RequestHead(names: try StripList(trustedHeader: "X-T", managesInteractionID: true))
        for (line, ids) in [("x-fapi-interaction-id: 1\r\n", 1), ("", 0)] {
            guard case .complete = head.parse(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\n\(line)\r\n")) else { throw Broken() }
            #expect(head.interactionIDCount == ids && (head.interactionID != nil) == (ids == 1))
        }
    }

    @Test("It can be neither our trusted field nor a name to strip where it is managed")
    func reserved() throws {
        for manages in [true, false] {
            #expect(throws: StripList.Mistake.reserved("X-Fapi-Interaction-Id")) {
                try StripList(trustedHeader: "X-Fapi-Interaction-Id", managesInteractionID: manages)
            }
        }
        #expect(throws: StripList.Mistake.reserved("x_fapi_interaction_id")) {
            try StripList(trustedHeader: "X-T", additional: ["x_fapi_interaction_id"], managesInteractionID: true)
        }
        #expect(throws: Never.self) { try StripList(trustedHeader: "X-T", additional: ["x-fapi-interaction-id"]) }
        // An ending that covers it leaves it managed.
        let names = try StripList(trustedHeader: "X-T", additional: ["x-fapi-*"], managesInteractionID: true)
        #expect(try written(names, request).id == "1")
    }

    @Test("Where it is not it is a field like any other (Q-04)")
    func unmanaged() throws {
        let (id, count, out) = try written(try StripList(trustedHeader: "X-T"), request)
        #expect(id == nil && count == 0)
        #expect(out.contains("x-fapi-interaction-id: 1\r\n"))
    }

    @Test("The upstream's own goes where ours comes (Q-08)")
    func response() throws {
        var head = ResponseHead(names: try StripList(trustedHeader: "X-T", managesInteractionID: true))
        let octets = ByteBuffer(
            string: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nx-fapi-interaction-id: theirs\r\nX_FAPI_Interaction_Id: theirs\r\nX-Other: 1\r\n\r\n")
        guard case .complete = head.parse(octets, answering: .get) else {
            Issue.record("it is a response")
            return
        }
        var out = ByteBuffer()
        head.write(from: octets, to: &out, minorVersion: 1, close: false)
        #expect(!String(buffer: out).contains("theirs") && String(buffer: out).contains("X-Other: 1\r\n"))
    }
}
