/// One request and its response between two connections, as a value: what has happened on each side, and what follows.
///
/// Both sides advance on their own: an upstream may answer before the request's body has ended, and either connection may
/// go away at any point. Handlers report events here and do what comes back; no octets pass through.
package struct Exchange: Equatable, Sendable {
    package enum RequestSide: Sendable { case streaming, complete }
    package enum ResponseSide: Sendable { case awaited, streaming, complete }

    /// What becomes of both connections once the exchange is over.
    package struct Ending: Equatable, Sendable {
        package let keepsUpstream: Bool
        package let keepsClient: Bool

        package init(keepsUpstream: Bool, keepsClient: Bool) {
            self.keepsUpstream = keepsUpstream
            self.keepsClient = keepsClient
        }
    }

    /// What to do when the upstream is lost.
    package enum Loss: Equatable, Sendable {
        /// The request never reached a living upstream and may be sent again: a kept-alive connection had been closed.
        case retry
        /// Nothing was sent to the client yet: tell it.
        case answer
        /// An answer is under way and cannot be completed: the client must see that it is cut, not a clean end.
        case cutOff
        /// The response had ended: nothing is lost.
        case none
    }

    package private(set) var request: RequestSide
    package private(set) var response: ResponseSide = .awaited
    private var clientPersists: Bool
    private var upstreamPersists = false
    private var mayRetry: Bool
    /// Whether any octet of the answer, interim ones too, went to the client.
    private var answered = false

    /// - Parameters:
    ///   - hasBody: more of the request than its head is to come.
    ///   - clientPersists: the client asked for, or by its version implies, another request on this connection.
    ///   - isIdempotent: by its method (RFC 9110 section 9.2.2); only then, without a body and once, is it sent again.
    package init(hasBody: Bool, clientPersists: Bool, isIdempotent: Bool) {
        request = hasBody ? .streaming : .complete
        self.clientPersists = clientPersists
        mayRetry = isIdempotent && !hasBody
    }

    /// - Returns: the ending, where the response had already ended.
    package mutating func requestEnded() -> Ending? {
        request = .complete
        return response == .complete ? ending : nil
    }

    package mutating func interimResponse() { answered = true }

    /// The final response's head. A request still under way then ends the client's connection: its rest might never be
    /// read, and what follows could not be told from it (RFC 9112 section 9.3).
    /// - Parameter clientPersists: whether the framing towards the client allows another request.
    /// - Returns: whether the client is to be told that the connection closes.
    package mutating func responseBegan(upstreamPersists: Bool, clientPersists: Bool) -> Bool {
        response = .streaming
        answered = true
        self.upstreamPersists = upstreamPersists
        self.clientPersists = self.clientPersists && clientPersists && request == .complete
        return !self.clientPersists
    }

    /// - Returns: always an ending: a response that ended makes the rest of the request pointless.
    package mutating func responseEnded() -> Ending {
        response = .complete
        return ending
    }

    /// The server is draining, or the client has ended its side: this exchange is the last on its connection.
    package mutating func closeClientAfterwards() { clientPersists = false }

    /// - Parameter stale: the connection had stood unused before, so that it may have been closed meanwhile.
    package mutating func upstreamLost(stale: Bool) -> Loss {
        switch response {
        case .complete: return .none
        case .streaming: return .cutOff
        case .awaited:
            if stale, mayRetry, !answered {
                mayRetry = false
                return .retry
            }
            return .answer
        }
    }

    private var ending: Ending {
        Ending(
            keepsUpstream: upstreamPersists && request == .complete,
            keepsClient: clientPersists && request == .complete)
    }
}
