import BindingPolicy
import DecisionWire
import HTTPWire
import NIOCore
import Telemetry

/// One request and its answer: drives an ``ExchangeState`` between a ``Downstream`` and an ``Upstream``, and keeps its record.
///
/// It knows neither side's protocol, and pins the generation that it began with: it is judged and finished under that, whatever is
/// published meanwhile. This file holds what an exchange is and how it ends; `+Judgement` how it may begin, `+Right` until when it may go on, `+Client` and `+Upstream`
/// what either side does, `+Tunnel` how both go on with another protocol, `+Compression` what is made of an answer.
final class Exchange: Timed {
    let loop: EngineLoop
    let generation: LoopGeneration
    let client: ConnectedClient
    let request: RequestFacts
    @exclusivity(unchecked) var state: ExchangeState
    var record: ExchangeRecord
    /// Nil once it is over.
    private(set) var downstream: (any Downstream)?
    /// The upstream that its permit names, and its client's share of the connections.
    var seat: (upstream: LoopUpstream, share: ClientShare)?
    /// What it is forwarded by.
    var permit: Permit?
    /// Where it may become a tunnel, or has.
    var upgrade: WebSocketUpgrade?
    /// Nil where its upstream's answers are left alone.
    var compression: AnswerCompression?
    /// It may stand in the line of its pool.
    var isWaiting = false
    var upstream: (any Upstream)?
    /// Of the upstream that it was sent to last, where the record has it.
    var address: String?
    /// The request as written for the upstream, kept until that answers.
    var head: ByteBuffer?
    var lookup: Waiting?
    /// It counts among its client's requests under way.
    var isCounted = false
    /// Of a request that somebody else forwards.
    var askedUpgrade = CheckQuestion.Upgrade.none
    /// Octets that its body may have.
    var bodyLimit = Int.max
    @exclusivity(unchecked) var appointment = TimingWheel.Appointment()

    init(
        _ request: RequestFacts, from client: ConnectedClient, to downstream: any Downstream, on loop: EngineLoop, abandonedAt: NIODeadline?,
        began: NIODeadline
    ) {
        self.loop = loop
        generation = loop.generation
        self.client = client
        self.request = request
        self.downstream = downstream
        state = ExchangeState(request.state, terms: generation.terms, abandonedAt: abandonedAt, at: loop.now)
        if loop.isEnding { state.closeAfterwards() }
        record = ExchangeRecord(began: began)
    }

    var deadline: NIODeadline { state.due }

    /// After each event: the wheel is told of an earlier deadline, and finds a later one when it comes by.
    func progressed() { if state.due < appointment.deadline { loop.wheel.keep(self) } }

    // MARK: How it ends

    /// Where the state says that it is over: everything is given back, and the record is closed.
    func settle(_ ending: Ending) {
        loop.wheel.forget(self)
        downstream = nil
        if let lookup {
            self.lookup = nil
            lookup.lookup.abandon()
        }
        if isWaiting, let seat { seat.upstream.pool.forget(self, of: seat.share) }
        releaseHead()
        endCompression()
        if isCounted {
            isCounted = false
            loop.ledger.requestEnded(of: client.key)
        }
        if let served = upstream {
            upstream = nil
            if case .upstreamFailed = ending { served.blame() }
            served.finish(keeping: false)
        }
        if case .upstreamFailed(let fault) = ending { loop.noteUpstreamFault(fault, of: seat?.upstream) }
        if case .refused(let cause) = ending { loop.counters.countRefusal(cause.code) }
        if case .rightEnded(let reason) = ending { loop.counters.countRightEnded(reason.rawValue) }
        if record.span != nil, record.trace == nil { record.trace = ownTrace() }
        record.close(ending, on: self)
        endSpan(ending)
    }

    /// Answers in the upstream's place.
    func answer(_ answer: OwnAnswer, _ ending: Ending) {
        guard let downstream else { return }
        let fields = ownFields
        record.status = answer.status
        settle(ending)
        downstream.answer(answer, fields: fields)
    }

    /// A refusal in the form that this generation gives it.
    func refuse(_ refusal: Refusal, _ ending: Ending) {
        if request.isGRPC { return answer(.grpcRefusal(refusal), ending) }
        answer(.refusal(refusal, generation.settings.errorBody, record.interactionID, Int(loop.clock.seconds())), ending)
    }

    func cut() {
        guard let downstream else { return }
        let ending = state.ending ?? .aborted
        let farewell = farewell(ending)
        settle(ending)
        guard let farewell else { return downstream.cut(atOnce: ending.hasWaited) }
        downstream.passBody(farewell)
        downstream.endAnswer(trailers: [])
        downstream.exchangeOver(keepsClient: false)
    }

    func drop() {
        guard let downstream else { return }
        settle(state.ending ?? .clientGone)
        downstream.drop()
    }

    func fail(_ fault: UpstreamFault) { refuse(Refusal(fault), .upstreamFailed(fault)) }

    func releaseHead() {
        if let head {
            self.head = nil
            loop.buffers.giveBack(head)
        }
    }

    /// `Date`, and the interaction id where there is one.
    private var ownFields: [UInt8] {
        var fields = loop.dateField()
        record.interactionID?.writeField(to: &fields)
        return fields
    }

    // MARK: Time, and our own end

    func deadlineReached(_ now: NIODeadline) {
        let before = state.phase
        switch state.deadlineReached(at: now) {
        case .wait: progressed()
        case .review:
            progressed()
            reviewRight()
        case .sayContinue:
            downstream?.sayContinue()
            progressed()
        case .drop: drop()
        case .cut: cut()
        case .answer: answerTimeOut(before)
        }
    }

    private func answerTimeOut(_ before: ExchangeState.Phase) {
        switch state.ending {
        case .upstreamFailed(let fault)?: fail(fault)
        case .clientSlow(let patience)?: refuse(.tooSlow(patience), .clientSlow(patience))
        case .refused(let cause)?: refuse(Refusal(Denial(.introspectionUnavailable), generation.settings.challenge), .refused(cause))
        default: cut()
        }
    }

    /// The answer that is awaited will be the last on its connection.
    func endAnnounced() { state.closeAfterwards() }

    /// Nothing more is waited for.
    func cut(_ ending: Ending) {
        if state.cut(ending) == .cut { cut() }
    }

    /// Without an answer, and in order.
    func end(_ ending: Ending) {
        guard let downstream, state.cut(ending) == .cut else { return }
        settle(ending)
        downstream.exchangeOver(keepsClient: false)
    }

    /// More of the request's body has a use, now or later.
    var mayUpload: Bool { state.mayUpload || request.opensWebSocket && state.mayTunnel }

    /// Of the request's body, what the upstream was handed and has not taken.
    var unsentOctets: Int { upstream?.unsentOctets ?? 0 }

    /// The client holds its body back until it hears from the upstream.
    var isBodyHeldBack: Bool { state.awaitsContinue }
}

extension Exchange: UpstreamWaiter {}
