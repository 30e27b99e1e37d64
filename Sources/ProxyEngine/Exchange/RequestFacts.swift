import HTTPWire

/// What is needed of a request's head after other connections have used the storage that it was parsed into.
struct RequestFacts {
    let method: KnownMethod
    let isChunked: Bool
    /// It came over HTTP/2.
    let isHTTP2: Bool
    /// It asks for a tunnel over HTTP/2 (RFC 8441), and must have no answer that looks like one.
    let opensWebSocket: Bool
    /// A client of gRPC reads a refusal in gRPC's fields alone.
    let isGRPC: Bool
    /// Somebody else forwards it, and asks for the decision in this way; nil where we forward it.
    let front: FrontKind?
    let state: ExchangeState.Request

    /// - Parameter hasBody: more than the head is to come.
    init(
        _ head: borrowing RequestHead, hasBody: Bool, isHTTP2: Bool = false, opensWebSocket: Bool = false, isGRPC: Bool = false,
        front: FrontKind? = nil
    ) {
        method = head.method
        isChunked = head.framing == .chunked
        self.isHTTP2 = isHTTP2
        self.opensWebSocket = opensWebSocket
        self.isGRPC = isGRPC
        self.front = front
        state = ExchangeState.Request(
            hasBody: hasBody, persists: head.isPersistent, isIdempotent: head.method.isIdempotent, expectsContinue: head.expectsContinue,
            takesInterim: head.minorVersion > 0)
    }

    private init(isHTTP2: Bool, front: FrontKind? = nil) {
        self.front = front
        method = .other
        isChunked = false
        self.isHTTP2 = isHTTP2
        opensWebSocket = false
        isGRPC = false
        state = ExchangeState.Request(hasBody: false, persists: front != nil, isIdempotent: false)
    }

    /// Asked about in a message of its own.
    static func check(by front: FrontKind) -> RequestFacts { RequestFacts(isHTTP2: front == .envoy, front: front) }

    /// Of something that could not be read as a request.
    static let unreadable = RequestFacts(isHTTP2: false)
    static let unreadableHTTP2 = RequestFacts(isHTTP2: true)

    var isHead: Bool { method == .head }
}

extension KnownMethod {
    /// RFC 9110 section 9.2.2, of the methods that are forwarded.
    fileprivate var isIdempotent: Bool {
        switch self {
        case .get, .head, .options, .put, .delete: true
        case .post, .patch, .trace, .connect, .other: false
        }
    }
}
