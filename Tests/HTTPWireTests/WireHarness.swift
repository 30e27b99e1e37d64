import HTTPWire
import NIOCore

/// Messages as text in, outcomes as text out, so that a test reads as a table.
enum Wire {
    static let trustedName = "X-Client-Cert-SHA256"
    static let trustedLine = "\(trustedName): ours\r\n"

    /// Compiled once: a debug build takes its time over it.
    private static let builtIn = Result { try StripList(trustedHeader: trustedName) }

    static func names(_ additional: [String] = []) throws -> StripList {
        additional.isEmpty ? try builtIn.get() : try StripList(trustedHeader: trustedName, additional: additional)
    }

    /// The code of the fault a request is refused with, `incomplete`, or `ok`.
    static func request(_ text: String, limits: WireLimits = .request) throws -> String {
        try request(Array(text.utf8), limits: limits)
    }

    static func request(_ octets: [UInt8], limits: WireLimits = .request) throws -> String {
        var head = RequestHead(limits: limits, names: try names())
        return describe(octets.withUnsafeBytes { head.parse($0) })
    }

    static func response(_ text: String, to method: KnownMethod = .get) throws -> String {
        var head = ResponseHead(names: try names())
        return describe(head.parse(ByteBuffer(string: text), answering: method))
    }

    /// A request with these lines after `GET / HTTP/1.1` and Host.
    static func fields(_ lines: String...) throws -> String {
        try request("GET / HTTP/1.1\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n")
    }

    private static func describe(_ progress: HeadProgress) -> String {
        switch progress {
        case .incomplete: "incomplete"
        case .complete: "ok"
        case .refused(let fault): fault.rawValue
        }
    }

    /// What the upstream would receive; nil where the request is refused.
    static func forwarded(
        _ text: String, additional: [String] = [], removesAuthorization: Bool = false, trusted: String = trustedLine
    ) throws -> String? {
        var head = RequestHead(names: try names(additional))
        let input = ByteBuffer(string: text)
        guard case .complete = head.parse(input),
            let rewrite = RequestRewrite(pseudonym: "holdfast", removesAuthorization: removesAuthorization)
        else { return nil }
        var output = ByteBuffer()
        head.write(from: input, to: &output, rewrite, trusted: Array(trusted.utf8))
        return String(buffer: output)
    }

    /// The field lines of a forwarded request, without those we always add.
    static func survivors(_ lines: [String], additional: [String] = []) throws -> [String]? {
        let text = "GET / HTTP/1.1\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
        guard let forwarded = try forwarded(text, additional: additional) else { return nil }
        let ours = ["GET / HTTP/1.1", "Host: a", "Via: 1.1 holdfast", "\(trustedName): ours", ""]
        return forwarded.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init).filter { !ours.contains($0) }
    }

    /// What the client would receive, and how the body follows; nil where the response is nonsense.
    static func toClient(
        _ text: String, answering method: KnownMethod = .get, minorVersion: Int = 1, close: Bool = false, extra: String = ""
    ) throws -> (text: String, body: BodyFraming)? {
        var head = ResponseHead(names: try names())
        let input = ByteBuffer(string: text)
        guard case .complete = head.parse(input, answering: method) else { return nil }
        var output = ByteBuffer()
        let body = head.write(from: input, to: &output, minorVersion: minorVersion, close: close, extra: Array(extra.utf8))
        return (String(buffer: output), body)
    }
}
