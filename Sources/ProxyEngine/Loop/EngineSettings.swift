package import BindingPolicy
package import HTTPWire
package import NIOCore
package import Telemetry

/// Every bound and time-out of the data path. One value, made from the configuration, never changed.
package struct EngineSettings: Sendable {
    package var limits: WireLimits
    /// What a connection of HTTP/2 may ask for.
    package var http2 = HTTP2Limits()
    /// What clients may choose.
    package var protocols = ApplicationProtocol.allCases
    /// From accept to the end of the TLS handshake.
    package var handshakeTimeout: TimeAmount
    /// From the first octet of a head to its last.
    package var headTimeout: TimeAmount
    /// A kept-alive connection without a request.
    package var idleTimeout: TimeAmount
    /// A request body that does not advance.
    package var bodyTimeout: TimeAmount
    /// Octets a second that a body must advance at least while the client is waited for, in either direction; 0 for none.
    package var minimumBodyRate: Int
    /// A client that does not take what is for it. Of upstreams, their own terms say it.
    package var responseTimeout: TimeAmount
    /// What the upstream is told of where a request came from: from the connection, never from what the client said of it.
    package var forwarded: ForwardedFields
    /// Whether `traceparent` is checked, continued and begun; else it is a field like any other.
    package var continuesTraces = false
    /// Which requests are recorded, where somebody wants their spans.
    package var spans: TraceSampling?
    /// Where clients come to, as spans have it.
    package var spanServer: (host: String, port: Int)?
    /// Of each client connection.
    package var connectionLife = ConnectionLife.Bounds.none
    package var clientLimits = ClientLimits.none
    /// Octets of a request's body where its route does not say; nil for any number.
    package var maxBody: Int?
    /// Whose connections begin with a PROXY header, and nobody else's.
    package var proxyPeers: [AddressRange] = []
    /// Fronts that cannot be told which fields to remove get no leave for requests with such.
    package var refusesClaimedIdentity = true
    package var thumbprintHeader: String
    package var challenge: ChallengeTerms
    /// What the log has of each request; nil for no line.
    package var accessLog: AccessForm?
    /// The one document that is ours to give.
    package var page: OwnPage?
    package var forwardedClaims: [ForwardedClaim]
    /// What else the upstream is told of a client's certificate; nil for nothing.
    package var certificateFields: CertificateFields?
    /// What it is told of what the certificate says; nil for nothing.
    package var forwardedClient: ForwardedClient?
    /// Makes a whole line over a request that is forwarded; nil for none.
    package var context: (@Sendable (RequestContext) -> [UInt8])?
    /// What a server of WebSocket answers to a client's key (RFC 6455 section 4.2.2); nil where nothing is ever upgraded.
    package var webSocketAccept: (@Sendable (_ key: [UInt8]) -> [UInt8])?
    package var interactionID: InteractionIDMode
    package var errorBody: ErrorBody

    /// Makes whole field lines of a certificate (nil where the client showed none) and of why it is accepted no more.
    package typealias CertificateFields = @Sendable (_ certificate: (any ProvenCertificate)?, _ fault: DenialReason?) -> CertificateLines

    /// What is done with `x-fapi-interaction-id`.
    package enum InteractionIDMode: Sendable { case pass, echo, require }

    /// What waits of pipelined requests before reading stops.
    package static let pipelineBound = 16 << 10
    /// How long a closing connection is read from, so that the client sees the answer before a reset.
    package static let lingerTimeout = TimeAmount.seconds(2)
    /// How often a look is taken at whether such a client has read everything.
    package static let unsentInterval = TimeAmount.milliseconds(100)
    /// Empty lines before a head that are passed over (RFC 9112 section 2.2).
    package static let emptyLineBound = 2
    /// How long an upstream may take over `Expect: 100-continue` before the client is told to go on.
    package static let continueTimeout = TimeAmount.seconds(1)
    /// How long an idle connection may still bring a request while the server drains; closing at once would lose one that is
    /// on its way.
    package static let drainGrace = TimeAmount.seconds(1)
    /// A lookup has a shorter time-out of its own; this one is for the case that it never ends.
    package static let lookupTimeout = TimeAmount.seconds(120)
    /// How often the right to an answer is looked at while that is under way. With the wheel's interval it is what one may outlive it by.
    package static let reviewInterval = TimeAmount.milliseconds(500)
    /// Tells the upstream why a request would have been refused, in `report_only`; never taken from a client.
    package static let reportHeader = "X-Holdfast-Would-Refuse"
    /// Octets that the requests which wait for an upstream connection may hold per loop, and one client's half of that.
    package static let waitingOctets = 128 << 20
    /// How long a connection is silent before it is reused after an answer that has no body whatever it declares.
    package static let restingTime = TimeAmount.seconds(1)
    /// Requests taken from one connection before others have their turn.
    package static let requestsPerTurn = 32
    /// How soon it goes on then.
    package static let turnPause = TimeAmount.milliseconds(1)
    /// Octets that are read from an upstream at once.
    package static let upstreamRead = 60 << 10
    /// Octets that are handed to TLS at once: what was read, as a chunk. Their four records have room in 64 KiB.
    package static let portion = upstreamRead + 64
    /// The last write of an answer that is longer than a record.
    package static let lastWrite = 1 << 10
    /// A part of an answer from this size on goes to TLS out of the storage that it was read into.
    package static let adoptedPart = 16 << 10
    /// A part of a request's body from this size on goes to the upstream likewise. More than a frame of HTTP/2: its streams, of which a
    /// connection has many, would each keep what was read for all of them.
    package static let adoptedBody = 24 << 10
    /// A part of an answer below this is waited for each time.
    package static let smallWrite = 4 << 10
    /// Octets in writes that nobody waited for, after which one is waited for, to see whether the client reads them.
    package static let unconfirmedOctets = 12 << 10
    /// What a write that is kept costs beside its octets.
    package static let writeOverhead = 512
    /// How long an answer is waited for whose client ended its side without TLS's goodbye: that may be one that only half-closes, and is
    /// mostly one that has gone.
    package static let abandonedGrace = TimeAmount.seconds(8)
    /// What a client may take over a body before its rate counts.
    private static let rateGrace = TimeAmount.seconds(20)
    /// A body up to this size that is there already goes to the upstream with its head.
    package static let smallBody = 8 << 10
    /// One up to this size is kept until the upstream answers, where that may say that it has not looked at it.
    static let keptBody = 2 << 10
    /// How long the rest of a body that nobody wants is read, where it cannot be told from what follows otherwise.
    package static let discardPatience = TimeAmount.seconds(10)
    /// The rest of a refused request's body up to this size is read and dropped, so that its connection can be kept.
    package static let discardedBody = 64 << 10
    /// Interim responses an upstream may send before its final one.
    package static let interimBound = 16

    package init(
        limits: WireLimits, handshakeTimeout: TimeAmount, headTimeout: TimeAmount, idleTimeout: TimeAmount,
        bodyTimeout: TimeAmount, minimumBodyRate: Int, responseTimeout: TimeAmount, forwarded: ForwardedFields,
        thumbprintHeader: String, challenge: ChallengeTerms, accessLog: AccessForm?,
        page: OwnPage? = nil, forwardedClaims: [ForwardedClaim] = [], certificateFields: CertificateFields? = nil,
        forwardedClient: ForwardedClient? = nil, context: (@Sendable (RequestContext) -> [UInt8])? = nil,
        webSocketAccept: (@Sendable ([UInt8]) -> [UInt8])? = nil, interactionID: InteractionIDMode = .pass, errorBody: ErrorBody = .problem
    ) {
        self.limits = limits
        self.handshakeTimeout = handshakeTimeout
        self.headTimeout = headTimeout
        self.idleTimeout = idleTimeout
        self.bodyTimeout = bodyTimeout
        self.minimumBodyRate = minimumBodyRate
        self.responseTimeout = responseTimeout
        self.forwarded = forwarded
        self.thumbprintHeader = thumbprintHeader
        self.challenge = challenge
        self.accessLog = accessLog
        self.page = page
        self.forwardedClaims = forwardedClaims
        self.certificateFields = certificateFields
        self.forwardedClient = forwardedClient
        self.context = context
        self.webSocketAccept = webSocketAccept
        self.interactionID = interactionID
        self.errorBody = errorBody
    }
}

extension EngineSettings {
    package var terms: ExchangeTerms {
        ExchangeTerms(
            body: bodyTimeout, response: responseTimeout, lookup: Self.lookupTimeout, continuation: Self.continueTimeout,
            minimumRate: minimumBodyRate, grace: min(bodyTimeout, Self.rateGrace))
    }

    /// Whole lines for the upstream that say who is at the other end.
    /// - Parameter address: of the client; nil where a front says it.
    func trustedFields(for peer: AuthenticatedPeer, address: String?) -> [UInt8] {
        var lines = Array((peer.thumbprint.map { "\(thumbprintHeader): \($0.base64url)\r\n" } ?? "").utf8)
        if let address { forwarded.writeConnection(address, to: &lines) }
        return lines
    }
}
