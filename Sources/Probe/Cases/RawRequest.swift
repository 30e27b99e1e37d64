/// A request of HTTP/1.1, octet by octet: nothing is checked, folded or put right.
package struct RawRequest: Sendable, Equatable {
    package var method = "GET"
    package var target: String
    /// Empty: a request line of HTTP/0.9, and nothing after it.
    package var version = "HTTP/1.1"
    /// Whole lines without their ends.
    package var lines: [String]
    package var body = ""

    package init(method: String = "GET", target: String, version: String = "HTTP/1.1", lines: [String], body: String = "") {
        self.method = method
        self.target = target
        self.version = version
        self.lines = lines
        self.body = body
    }

    /// ISO-8859-1, since what is sent need not be text.
    package var octets: [UInt8] {
        guard !version.isEmpty else { return Self.latin1("\(method) \(target)\r\n") }
        return Self.latin1(([("\(method) \(target) \(version)")] + lines).joined(separator: "\r\n") + "\r\n\r\n" + body)
    }

    private static func latin1(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }

    /// With a line before the others.
    package func beginning(with line: String) -> RawRequest { with { $0.lines.insert(line, at: 0) } }
    /// With lines after the others.
    package func adding(_ lines: String...) -> RawRequest { with { $0.lines += lines } }

    package func with(_ change: (inout RawRequest) -> Void) -> RawRequest {
        var request = self
        change(&request)
        return request
    }
}
