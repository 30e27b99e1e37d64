import HTTPWire
import Testing

@Suite("Field lines (RFC 9112 section 5; H1-03 to H1-06, H1-15, FW-13)")
struct FieldSyntaxTests {
    @Test(
        "A line by the grammar is accepted",
        arguments: [
            "X: y", "X:y", "X:\t y \t", "X:", "X: ", "!#$%&'*+-.^_`|~09azAZ: y", "X: a\tb", "X: \u{e9}\u{20ac}",
            "X: \"a, b\"; c=\"\\\"\"",
            "A-Name-Of-Exactly-Eight-Times-Eight-Octets-To-Reach-The-Last-Word: y",
        ])
    func accepts(_ line: String) throws {
        #expect(try Wire.fields(line) == "ok")
        #expect(try Wire.response("HTTP/1.1 204 No Content\r\n\(line)\r\n\r\n") == "ok")
    }

    @Test(
        "Anything else is refused in requests and in responses",
        arguments: [
            ("X: a\rb", "bare_cr"), ("X: a\r", "bare_cr"), ("X: a\nY: b", "bare_lf"), ("X\n", "bare_lf"),
            ("X: a\0b", "field_value_invalid"),
            ("X: a\u{7f}", "field_value_invalid"), ("X: \u{1b}[1m", "field_value_invalid"), ("X: \u{0b}y", "field_value_invalid"),
            (" X: y", "line_folded"), ("\tX: y", "line_folded"), (" ", "line_folded"), ("X: y\r\n folded", "line_folded"),
            (": y", "field_name_invalid"), ("X", "field_name_invalid"), ("X y: z", "field_name_invalid"),
            ("X(: y", "field_name_invalid"),
            ("X\u{e9}: y", "field_name_invalid"), ("X\0: y", "field_name_invalid"), ("\"X\": y", "field_name_invalid"),
            ("An-Otherwise-Long-Name-With-One-Wrong-Octet-At-The-End@: y", "field_name_invalid"),
        ])
    func refuses(_ line: String, _ code: String) throws {
        #expect(try Wire.fields(line) == code)
        #expect(try Wire.response("HTTP/1.1 200 OK\r\nA: b\r\n\(line)\r\n\r\n") == code)
    }

    @Test(
        "Every control character is refused at every place of a value, wherever it lies in a word or a block of them (FW-13, H1-03)",
        arguments: (0..<32).map { UInt8($0) } + [0x7f])
    func controls(_ control: UInt8) throws {
        for length in 0..<200 where control != 0x09 {
            let head = Array("GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8) + [UInt8](repeating: 0xff, count: length)
            for rest in ["end", String(repeating: "e", count: 150)] {
                let outcome = try Wire.request(head + [control] + Array("\(rest)\r\n\r\n".utf8))
                #expect(outcome.hasPrefix("bare_") || outcome == "field_value_invalid", "\(length): \(outcome)")
            }
        }
    }

    @Test("A value of whatever length ends where its line does, with a tab at whatever place")
    func lengths() throws {
        for length in 1..<200 {
            var value = [UInt8](repeating: 0x7e, count: length)
            value[length / 2] = length > 2 ? 0x09 : 0x7e
            let text = String(decoding: value, as: UTF8.self)
            let answer = try Wire.toClient("HTTP/1.1 200 OK\r\nX: \(text)\r\nContent-Length: 3\r\n\r\n")
            #expect(answer?.text == "HTTP/1.1 200 OK\r\nX: \(text)\r\nContent-Length: 3\r\n\r\n", "\(length)")
        }
    }

    @Test(
        "Octets that are no token are refused at every place of a name, wherever they lie in a word",
        arguments: (0...255).map { UInt8($0) })
    func nameOctets(_ octet: UInt8) throws {
        let isToken =
            "!#$%&'*+-.^_`|~".utf8.contains(octet) || (0x30...0x39).contains(octet) || (0x41...0x5a).contains(octet)
            || (0x61...0x7a).contains(octet)
        guard octet != 0x3a else { return }
        for place in 0..<20 {
            let name = [UInt8](repeating: 0x61, count: place) + [octet] + Array("bc".utf8)
            let outcome = try Wire.request(Array("GET / HTTP/1.1\r\nHost: a\r\n".utf8) + name + Array(": v\r\n\r\n".utf8))
            #expect((outcome == "ok") == isToken, "\(place): \(outcome)")
        }
    }

    @Test("Whitespace before a colon is refused in requests, and taken off in responses (H1-05)")
    func whitespaceBeforeColon() throws {
        for line in ["Host : a", "\(Wire.trustedName) : x", "Transfer-Encoding : chunked", "X\t: y", "X  \t : y"] {
            #expect(try Wire.request("GET / HTTP/1.1\r\n\(line)\r\nHost: a\r\n\r\n") == "whitespace_before_colon")
        }
        let answer = try Wire.toClient("HTTP/1.1 200 OK\r\nX \t : y\r\nContent-Length : 3\r\n\r\n")
        #expect(answer?.text == "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 3\r\n\r\n")
    }

    @Test("Whitespace between the start line and the first field is refused (H1-04)")
    func whitespaceFirst() throws {
        #expect(try Wire.request("GET / HTTP/1.1\r\n Host: a\r\nHost: b\r\n\r\n") == "line_folded")
        #expect(try Wire.request("GET / HTTP/1.1\r\n \r\nHost: b\r\n\r\n") == "line_folded")
    }

    @Test("A request with LF alone is refused at its first line end (H1-03)")
    func lineFeeds() throws {
        #expect(try Wire.request("GET / HTTP/1.1\n") == "bare_lf")
        #expect(try Wire.request("GET / HTTP/1.1\r\nHost: a\r\n\n") == "bare_lf")
        #expect(try Wire.request("GET /\n") == "bare_lf")
    }

    @Test("A hundred fields pass and one more is 431")
    func fieldCount() throws {
        let lines = (1...99).map { "X-\($0): y\r\n" }.joined()
        #expect(try Wire.request("GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n") == "ok")
        #expect(try Wire.request("GET / HTTP/1.1\r\nHost: a\r\n\(lines)X: y") == "fields_too_many")
        #expect(WireFault.fieldsTooMany.status == 431)
    }

    @Test("A head of exactly the limit passes; one octet more is 431, as soon as it is known and whatever follows")
    func headSize() throws {
        let start = "GET / HTTP/1.1\r\nHost: a\r\nX: "
        let filling = String(repeating: "v", count: 48 * 1024 - start.utf8.count - 4)
        #expect(try Wire.request(start + filling + "\r\n\r\n") == "ok")
        #expect(try Wire.request(start + filling + "\r\n\r\nbody") == "ok")
        #expect(try Wire.request(start + filling + "v\r\n\r\n") == "head_too_large")
        #expect(try Wire.request(start + filling + "vvvv") == "head_too_large")
        #expect(try Wire.request(start + filling + "v") == "incomplete")
        #expect(WireFault.headTooLarge.status == 431)
    }
}
