import BindingPolicy
import HTTPWire
import NIOCore
import Telemetry

/// Who is at the other end of a connection, for as long as it lasts.
final class ConnectedClient {
    private(set) var peer: AuthenticatedPeer
    private let certificate: (any ProvenCertificate)?
    /// Whom it asked for in its handshake.
    private let serverName: String?
    /// The number of the generation that says so.
    private var judgedUnder: Int
    private var trustChanges: Int
    /// As the log and `X-Forwarded-For` have it.
    let address: String
    /// Nil where it has none.
    let port: Int?
    let session: TLSSession
    let key: ClientKey
    /// Its connection is a front's, which tells the API itself where a request comes from.
    private let isBehindFront: Bool
    /// The API hears of its address from us.
    private let tellsAddress: Bool
    /// Among its client's connections, until it is over.
    var place: ClientLedger.Place?
    /// What its upstream may trust: of the certificate what all connections of it share.
    private var fields: (generation: Int, fault: DenialReason?, lines: [UInt8], certificate: CertificateLines?)?
    /// Of the upstream that its latest request went to: mostly that of the next one too.
    private var latest: (pool: UpstreamPool, share: ClientShare)?
    /// What the access log has of the connection, and of the token that it showed last: mostly those of the next request too.
    private var said: (generation: Int, octets: ByteBuffer)?
    private var saidOfToken: (generation: Int, token: VerifiedToken, octets: ByteBuffer)?

    /// - Parameters:
    ///   - remote: nil where the system did not tell.
    ///   - generation: whose gate identified it.
    ///   - trustChanges: of that gate, before it did.
    init(
        _ client: IdentifiedClient, at remote: SocketAddress?, under generation: LoopGeneration, trustChanges: Int, isBehindFront: Bool = false,
        tellsAddress: Bool = true
    ) {
        self.isBehindFront = isBehindFront
        self.tellsAddress = tellsAddress
        peer = client.peer
        certificate = client.certificate
        serverName = client.serverName
        address = remote?.addressText ?? ""
        port = isBehindFront ? nil : remote?.port
        session = client.session
        judgedUnder = generation.number
        self.trustChanges = trustChanges
        key = ClientKey(peer, from: ClientNetwork(remote))
    }

    /// Of a front that asks for decisions over TLS, at each question: whether it may ask no more.
    func isRefusedFront(under generation: LoopGeneration, now: Double) -> Bool {
        guard !isBehindFront, let gate = generation.frontGate else { return false }
        if generation.number != judgedUnder || now >= peer.reviewTime {
            judgedUnder = generation.number
            peer = gate.review(certificate, asking: serverName, now: now)
        }
        return peer.fault(at: now) != nil
    }

    /// At each request: who was let in under one generation may not be accepted under the next, or no longer.
    ///
    /// - Returns: what the request has to wait for; then ``concludeReview(under:now:)``.
    func review(under generation: LoopGeneration, now: Double, for request: any LookupClient) -> (any PendingLookup)? {
        guard generation.number != judgedUnder || now >= peer.reviewTime || trustChanges != generation.gate.trustChanges else { return nil }
        if let question = generation.gate.question(about: certificate, asking: serverName, now: now, for: request) { return question }
        concludeReview(under: generation, now: now)
        return nil
    }

    func concludeReview(under generation: LoopGeneration, now: Double) {
        judgedUnder = generation.number
        trustChanges = generation.gate.trustChanges
        let reviewed = generation.gate.review(certificate, asking: serverName, now: now)
        // By another path it may be another client.
        if reviewed.certificate != peer.certificate { fields = nil }
        peer = reviewed
        said = nil
    }

    /// What this client holds of a pool, on all its connections to this loop.
    func share(of pool: UpstreamPool) -> ClientShare {
        if let latest, latest.pool === pool { return latest.share }
        leave()
        let share = pool.enter(key)
        latest = (pool, share)
        return share
    }

    /// The connection is over: everything that it held goes back.
    func disconnected() {
        leave()
        place = nil
    }

    /// It goes on with another upstream, or with none.
    private func leave() {
        if let latest { latest.pool.leave(latest.share, of: key) }
        latest = nil
    }

    /// The fields that the upstream may trust, whole lines: made once per connection and generation, from nothing the client sent; anew
    /// where the certificate is accepted no more and the request is forwarded all the same (`report_only`).
    func trustedFields(by generation: LoopGeneration, now: Double, _ counters: LoopCounters) -> [UInt8] {
        let fault = peer.fault(at: now)
        if let fields, fields.generation == generation.number, fields.fault == fault { return joined(fields.lines, fields.certificate) }
        var lines = generation.settings.trustedFields(for: peer, address: tellsAddress ? address : nil)
        if fault == nil, let forwarded = generation.settings.forwardedClient, let facts = peer.certificate { forwarded.write(facts, to: &lines) }
        let certificateLines = generation.settings.certificateFields.map { $0(certificate, fault) }
        for dialect in certificateLines?.leftOut ?? [] { counters.countCertificateFieldLeftOut(dialect.rawValue) }
        fields = (generation.number, fault, lines, certificateLines)
        return joined(lines, certificateLines)
    }

    /// Nothing is copied where nothing is told of certificates.
    private func joined(_ lines: [UInt8], _ certificate: CertificateLines?) -> [UInt8] { certificate.map { lines + $0.octets } ?? lines }
}

extension ConnectedClient {
    /// Somebody of whom a front says nothing that can be read.
    static func unknownBehindFront(on loop: EngineLoop) -> ConnectedClient {
        ConnectedClient(
            IdentifiedClient(AuthenticatedPeer(withdrawn: .certificateMissing, thumbprint: nil), nil), at: nil, under: loop.generation,
            trustChanges: loop.generation.gate.trustChanges, isBehindFront: true)
    }
}

// MARK: - In the record

extension ConnectedClient {
    /// What a line of the access log has of the connection.
    func record(_ form: AccessForm, under generation: Int) -> ByteBuffer {
        if let said, said.generation == generation { return said.octets }
        var line = ByteBuffer()
        form.write(.client, plain: address.utf8, to: &line)
        if let port { form.write(.clientPort, port, to: &line) }
        form.write(.thumbprint, plain: (peer.thumbprint?.base64url ?? "").utf8, to: &line)
        if let registered = peer.client { form.write(.registeredClient, text: registered.id, to: &line) }
        if let version = session.version { form.write(.tlsVersion, plain: version.description.utf8, to: &line) }
        if let isResumed = session.isResumed { form.write(.tlsResumed, isResumed, to: &line) }
        form.write(.generation, generation, to: &line)
        said = (generation, line)
        return line
    }

    /// What it has of a token whose origin is proven.
    func record(_ token: VerifiedToken, _ form: AccessForm, under generation: Int) -> ByteBuffer {
        if let saidOfToken, saidOfToken.generation == generation, saidOfToken.token === token { return saidOfToken.octets }
        var line = ByteBuffer()
        form.write(.issuer, text: token.issuer.name, to: &line)
        if let id = token.clientID { form.write(.clientID, text: id, to: &line) }
        if let subject = token.subject { form.write(.subject, text: subject, to: &line) }
        if let hash = token.idHash { form.write(.tokenIDHash, hexadecimal: hash, to: &line) }
        saidOfToken = (generation, token, line)
        return line
    }
}
