/// Messages that two readers may read in two ways.
extension ProbeSubject {
    var messageCases: [ProbeCase] { framingCases + versionCases }

    /// Behind each body that one reader sees the end of stands a request without a token, for another reader to find.
    private var framingCases: [ProbeCase] {
        let hidden = "/\(seed)hidden"
        let inner = "GET \(hidden) HTTP/1.1\r\nHost: \(authority)\r\n\r\n"
        let ended = "0\r\n\r\n" + inner
        let host = "Host: \(authority)"
        func attempt(_ id: String, _ title: String, _ lines: [String], _ body: String, version: String = "HTTP/1.1") -> ProbeCase {
            let request = RawRequest(
                method: "POST", target: path, version: version, lines: [host, "Authorization: Bearer \(token)"] + lines, body: body)
            return ProbeCase("framing_\(id)", .messages, title, .own, request, .oneRequest(hidden: hidden))
        }
        let length = "Content-Length: \(ended.utf8.count)"
        return [
            attempt("both", "Content-Length and Transfer-Encoding", [length, "Transfer-Encoding: chunked"], ended),
            attempt("both_reversed", "Transfer-Encoding and Content-Length", ["Transfer-Encoding: chunked", length], ended),
            attempt("spaced", "Transfer-Encoding with a space before its colon", [length, "Transfer-Encoding : chunked"], ended),
            attempt("folded", "Transfer-Encoding folded over two lines", [length, "Transfer-Encoding:", " chunked"], ended),
            attempt("unknown", "a Transfer-Encoding that is none", [length, "Transfer-Encoding: xchunked"], ended),
            attempt("underscore", "Transfer_Encoding beside Content-Length", [length, "Transfer_Encoding: chunked"], ended),
            attempt("lengths", "two lengths that differ", ["Content-Length: 0", "Content-Length: \(inner.utf8.count)"], inner),
            attempt("signed", "a length with a sign", ["Content-Length: +\(inner.utf8.count)"], inner),
            attempt("old_chunked", "Transfer-Encoding in HTTP/1.0", [length, "Transfer-Encoding: chunked"], ended, version: "HTTP/1.0"),
        ]
    }

    private var versionCases: [ProbeCase] {
        func attempt(_ id: String, _ title: String, _ request: RawRequest) -> ProbeCase {
            ProbeCase("version_\(id)", .messages, title, .own, request, .refused)
        }
        return [
            attempt("10", "HTTP/1.0 without a token", request(token: nil).with { $0.version = "HTTP/1.0" }),
            ProbeCase(
                "version_09", .messages, "HTTP/0.9, which has no fields", .own,
                RawRequest(target: "\(path)\(path.contains("?") ? "&" : "?")\(seed)x09x", version: "", lines: []),
                .hidden([ForgedField(name: "the request", mark: "\(seed)x09x")])),
            attempt("unknown", "HTTP/1.7 without a token", request(token: nil).with { $0.version = "HTTP/1.7" }),
        ]
    }
}
