/// The names whose role is fixed by HTTP, and common names that need no closer look.
enum FieldNames {
    static let roles: [(String, FieldRole)] =
        [
            ("Host", .host), ("Content-Length", .contentLength), ("Transfer-Encoding", .transferEncoding),
            ("Connection", .connection), ("Upgrade", .upgrade), ("Expect", .expect), ("Content-Type", .contentType),
            ("Authorization", .authorization), ("Cookie", .cookie), ("Max-Forwards", .maxForwards),
            ("Early-Data", .earlyData), ("Vary", .vary), ("Via", .via), ("Date", .date),
            // RFC 9449: Holdfast does not check this proof, and the backend must not think that anybody did.
            ("DPoP", .proofOfPossession),
            ("Client-Cert", .trusted), ("Client-Cert-Chain", .trusted),
        ]
        + hopByHop.map { ($0, .hopByHop) } + common.map { ($0, .plain) }

    private static let hopByHop = [
        "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "HTTP2-Settings",
        // Credentials and challenges of a forward proxy; `Proxy` becomes HTTP_PROXY in CGI ("httpoxy").
        "Proxy-Authorization", "Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy",
    ]

    /// Found in the table at once, these never reach the list of prefixes.
    private static let common = [
        "Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Accept-Ranges", "Age", "Allow", "Cache-Control",
        "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Location", "Content-Range", "DNT", "ETag",
        "Expires", "From", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Last-Modified",
        "Link", "Location", "Origin", "Pragma", "Priority", "Range", "Referer", "Retry-After", "Sec-Fetch-Dest",
        "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-User", "Server", "Set-Cookie", "Strict-Transport-Security", "Traceparent",
        "Tracestate", "Upgrade-Insecure-Requests", "User-Agent", "WWW-Authenticate", "X-Content-Type-Options",
        "X-Correlation-Id", "X-FAPI-Interaction-Id", "X-Request-Id", "X-Requested-With",
    ]
}
