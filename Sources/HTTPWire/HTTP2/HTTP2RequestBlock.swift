/// What became of a request's header block (RFC 9113 section 8.3.1).
package enum HTTP2RequestBlock: Equatable, Sendable {
    /// The whole head stands in the buffer, in HTTP/1.1's form.
    case request(HTTP2RequestFacts)
    /// No request by RFC 9113 section 8.1.1: a stream error of type PROTOCOL_ERROR, before which the fault's status may be answered.
    case malformed(WireFault)
    /// A request beyond a bound of ours, or without a host: answered with the fault's status. The tables are right all the same.
    case refused(WireFault)
    /// A connection error of type COMPRESSION_ERROR.
    case undecodable(HPACKFault)
}

/// What HTTP/1.1's form of a request does not tell of it.
package struct HTTP2RequestFacts: Equatable, Sendable {
    /// The octets that DATA must have in all (RFC 9113 section 8.1.1); nil where the client does not say.
    package var contentLength: Int?
    /// An extended CONNECT for a WebSocket (RFC 8441), written as the GET by which HTTP/1.1 asks for one, without `Sec-WebSocket-Key`.
    package var opensWebSocket = false

    package init(contentLength: Int? = nil, opensWebSocket: Bool = false) {
        self.contentLength = contentLength
        self.opensWebSocket = opensWebSocket
    }
}

/// What became of a trailer section (RFC 9113 section 8.1). Its fields are checked and dropped, as HTTP/1.1's are (requirements FW-12).
package enum HTTP2TrailerBlock: Equatable, Sendable {
    case trailers
    /// A stream error of type PROTOCOL_ERROR.
    case malformed(WireFault)
    /// Beyond a bound of ours: 431 where nothing was answered yet.
    case refused(WireFault)
    /// A connection error of type COMPRESSION_ERROR.
    case undecodable(HPACKFault)
}
