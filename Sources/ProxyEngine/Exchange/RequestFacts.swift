import HTTPWire

/// What is needed of a request's head after other connections have used the storage that it was parsed into.
struct RequestFacts {
    let method: KnownMethod
    let isChunked: Bool
    let state: ExchangeState.Request

    /// - Parameter hasBody: more than the head is to come.
    init(_ head: borrowing RequestHead, hasBody: Bool) {
        method = head.method
        isChunked = head.framing == .chunked
        state = ExchangeState.Request(
            hasBody: hasBody, persists: head.isPersistent, isIdempotent: head.method.isIdempotent, expectsContinue: head.expectsContinue,
            takesInterim: head.minorVersion > 0)
    }

    private init() {
        method = .other
        isChunked = false
        state = ExchangeState.Request(hasBody: false, persists: false, isIdempotent: false)
    }

    /// Of something that could not be read as a request.
    static let unreadable = RequestFacts()

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
