import AccessControl
import BindingPolicy
import HTTPWire
import Telemetry
import Testing

@testable import ProxyEngine

/// Each way to end × each phase × whichever side is first, a sentence a line.
@Suite("How an exchange ends")
struct ExchangeEndingTests {
    struct Line: CustomTestStringConvertible {
        let sentence: String
        let request: ExchangeState.Request
        let events: [ExchangeEvent]
        /// To the last event.
        let reaction: ExchangeReaction
        let ending: Ending?
        var testDescription: String { sentence }
    }

    static let plain = ExchangeState.Request(hasBody: false, persists: true, isIdempotent: true)
    static let upload = ExchangeState.Request(hasBody: true, persists: true, isIdempotent: false)
    static let expecting = ExchangeState.Request(hasBody: true, persists: true, isIdempotent: false, expectsContinue: true)
    static let asked: [ExchangeEvent] = [.permitted, .connected]
    static let answering = asked + [.answerBegins]

    private static func line(
        _ sentence: String, _ request: ExchangeState.Request, _ events: [ExchangeEvent], _ reaction: ExchangeReaction, _ ending: Ending?
    ) -> Line { Line(sentence: sentence, request: request, events: events, reaction: reaction, ending: ending) }

    static let order: [Line] = [
        line(
            "An answer that the client has taken is an end, and both connections stay", plain, answering + [.answerEnds, .delivered],
            .over(keepsClient: true), .answered),
        line("An answer that ended gives the upstream connection back", plain, answering + [.answerEnds], .deliver(keepsUpstream: true), nil),
        line("An upstream that closes is not kept", plain, asked + [.answerBeginsAndCloses, .answerEnds], .deliver(keepsUpstream: false), nil),
        line("A framing that leaves no other way ends the client's connection", plain, asked + [.answerBeginsToOne], .passClosing, nil),
        line("An answer before the request's end says that the connection closes", upload, asked + [.answerBegins], .passClosing, nil),
        line("An answer that ends before the request keeps no upstream", upload, answering + [.answerEnds], .deliver(keepsUpstream: false), nil),
        line(
            "An answer that ends before the request keeps no client", upload, answering + [.answerEnds, .delivered], .over(keepsClient: false),
            .answered),
        line(
            "A request that ends after its answer began keeps the upstream", upload, answering + [.bodyEnds, .answerEnds],
            .deliver(keepsUpstream: true), nil),
        line("A body that is there at once goes with the head", upload, [.permitted, .bodyEnds], .hold, nil),
        line("An announced end makes this answer the last", plain, asked + [.endAnnounced, .answerBegins], .passClosing, nil),
    ]

    static let judgement: [Line] = [
        line("A refusal is an end", plain, [.refused], .answer, .refused(.denial(.tokenExpired))),
        line("Who leaves while the token is looked up is dropped", plain, [.clientGone], .drop, .clientGone),
        line("A lookup that never ends is a refusal", plain, [.timePasses], .answer, .refused(.denial(.introspectionUnavailable))),
        line("Who ended without goodbye is not waited for beyond the grace", plain, [.abandoned, .timePasses], .drop, .clientGone),
        line("A drain that times out cuts a lookup", plain, [.drainTimesOut], .cut, .drained(.timedOut)),
        line("A connection that nobody asked for is given back", plain, [.connected], .release, nil),
        line("A permit is carried out once", plain, [.permitted, .permitted], .nothing, nil),
    ]

    static let queue: [Line] = [
        line("No connection is the upstream's fault", plain, [.permitted, .connectionFailed], .answer, .upstreamFailed(.saturated)),
        line("Who waits for a connection too long is told", plain, [.permitted, .timePasses], .answer, .upstreamFailed(.saturated)),
        line("Who leaves while waiting for a connection is dropped", plain, [.permitted, .clientGone], .drop, .clientGone),
        line("A body cut off while waiting is no request", upload, [.permitted, .inputEnds], .drop, .clientGone),
        line("A half-close behind a whole request waits on", plain, [.permitted, .inputEnds], .nothing, nil),
        line("A drain that times out cuts who waits", plain, [.permitted, .drainTimesOut], .cut, .drained(.timedOut)),
        line(
            "A malformed body is refused before anything was answered", upload, [.permitted, .bodyMalformed], .answer,
            .refused(.form(.chunkMalformed))),
    ]

    static let awaiting: [Line] = [
        line("An upstream that says nothing is told by its time-out", plain, asked + [.timePasses], .answer, .upstreamFailed(.timeout)),
        line("A client that does not send its body is slow", upload, asked + [.timePasses], .answer, .clientSlow(.body)),
        line(
            "A client whose body the upstream does not take is not", upload, asked + [.uploadPaused, .timePasses], .answer, .upstreamFailed(.timeout)),
        line("A client that is told to go on has its time again", expecting, asked + [.timePasses], .sayContinue, nil),
        line("… and is slow after that", expecting, asked + [.timePasses, .timePasses], .answer, .clientSlow(.body)),
        line("The upstream's own 100 is passed on", expecting, asked + [.saysContinue], .interim, nil),
        line("… once", expecting, asked + [.saysContinue, .saysContinue], .nothing, nil),
        line("… and not where ours was before it", expecting, asked + [.timePasses, .saysContinue], .nothing, nil),
        line("An upstream lost before its answer is told", plain, asked + [.upstreamClosed], .answer, .upstreamFailed(.closed)),
        line("A stale connection is not the end", plain, asked + [.staleUpstreamClosed], .retry, nil),
        line("… but once", plain, asked + [.staleUpstreamClosed, .connected, .staleUpstreamClosed], .answer, .upstreamFailed(.closed)),
        line("… nor where it answered at all", plain, asked + [.saysOtherInterim, .staleUpstreamClosed], .answer, .upstreamFailed(.closed)),
        line("… nor what is not idempotent", upload, asked + [.staleUpstreamClosed], .answer, .upstreamFailed(.closed)),
        line("… unless not an octet of it was written", upload, asked + [.untouchedUpstreamClosed], .retry, nil),
        line(
            "… which is so a few times at most", upload,
            asked + [.untouchedUpstreamClosed, .connected, .untouchedUpstreamClosed, .connected, .untouchedUpstreamClosed, .connected]
                + [.untouchedUpstreamClosed], .answer, .upstreamFailed(.closed)),
        line("One of several addresses is not the end", plain, asked + [.oneOfSeveralClosed], .retry, nil),
        line("… but once", plain, asked + [.oneOfSeveralClosed, .connected, .oneOfSeveralClosed], .answer, .upstreamFailed(.closed)),
        line("… nor for what may not come twice", upload, asked + [.oneOfSeveralClosed], .answer, .upstreamFailed(.closed)),
        line("… nor once it answered", plain, answering + [.oneOfSeveralClosed], .cut, .upstreamFailed(.closed)),
        line("Nonsense is never asked again", plain, asked + [.upstreamNonsense], .answer, .upstreamFailed(ExchangeRun.fault)),
        line("Who leaves is dropped", plain, asked + [.clientGone], .drop, .clientGone),
        line("A body that ends before its length is no request", upload, asked + [.bodyPart, .inputEnds], .drop, .clientGone),
        line("… unless its rest is here already", upload, asked + [.inputEndsUnread], .nothing, nil),
        line("A malformed body is refused", upload, asked + [.bodyPart, .bodyMalformed], .answer, .refused(.form(.chunkMalformed))),
        line("A drain that times out cuts", plain, asked + [.drainTimesOut], .cut, .drained(.timedOut)),
        line("An answer's end without its beginning is nothing", plain, asked + [.answerEnds], .nothing, nil),
    ]

    static let underWay: [Line] = [
        line("An upstream that stands still in its answer cuts it", plain, answering + [.timePasses], .cut, .upstreamFailed(.timeout)),
        line("A client that does not read is slow", plain, answering + [.outputBlocked, .timePasses], .cut, .clientSlow(.reading)),
        line("A client that does not send the rest of its body is slow", upload, answering + [.timePasses], .cut, .clientSlow(.body)),
        line("… unless it is we who do not read it", upload, answering + [.outputBlocked, .timePasses], .cut, .clientSlow(.reading)),
        line("An upstream lost in its answer cuts it", plain, answering + [.answerPart, .upstreamClosed], .cut, .upstreamFailed(.closed)),
        line("… and is never asked again", plain, answering + [.staleUpstreamClosed], .cut, .upstreamFailed(.closed)),
        line("A malformed body cuts the answer", upload, answering + [.bodyMalformed], .cut, .clientMalformed(.chunkMalformed)),
        line("Who leaves is dropped in the middle of an answer", plain, answering + [.answerPart, .clientGone], .drop, .clientGone),
        line("A body cut off in the middle of an answer drops both", upload, answering + [.inputEnds], .drop, .clientGone),
        line("A half-close in the middle of an answer changes nothing", plain, answering + [.inputEnds], .nothing, nil),
        line("A drain that times out cuts an answer", plain, answering + [.drainTimesOut], .cut, .drained(.timedOut)),
        line("A second answer is nothing", plain, answering + [.answerBegins], .nothing, nil),
        line("An interim answer behind the final one is nothing", plain, answering + [.saysOtherInterim], .nothing, nil),
    ]

    static let delivering: [Line] = [
        line("An upstream that closes behind its answer is nothing", plain, answering + [.answerEnds, .upstreamClosed], .nothing, nil),
        line(
            "A client that does not take its answer is slow", plain, answering + [.answerEnds, .outputBlocked, .timePasses], .cut,
            .clientSlow(.reading)),
        line("Who leaves with the answer half taken is gone", plain, answering + [.answerEnds, .clientGone], .drop, .clientGone),
        line("A half-close while taking it changes nothing", plain, answering + [.answerEnds, .inputEnds], .nothing, nil),
        line("A drain that times out cuts it", plain, answering + [.answerEnds, .drainTimesOut], .cut, .drained(.timedOut)),
        line("Nothing follows once it is over", plain, answering + [.answerEnds, .delivered, .clientGone], .nothing, .answered),
        line("… and it is over once", plain, answering + [.answerEnds, .delivered, .delivered], .nothing, .answered),
    ]

    static let right: [Line] = [
        line("A right that ends while a connection is waited for is a refusal (WS-05)", plain, [.permitted, .rightEnds], .answer, ended),
        line("… and while the upstream is waited for", plain, asked + [.rightEnds], .answer, ended),
        line("… also where the client was told to go on", expecting, asked + [.timePasses, .rightEnds], .answer, ended),
        line("An upload goes no further than the right to it", upload, asked + [.bodyPart, .rightEnds], .answer, ended),
        line("An answer under way is cut", plain, answering + [.answerPart, .rightEnds], .cut, ended),
        line("… and so is one that the client has not taken yet", plain, answering + [.answerEnds, .rightEnds], .cut, ended),
        line("Who has no permit yet is judged by the judge alone", plain, [.rightEnds], .nothing, nil),
        line("A client that has all of it cannot lose it", plain, answering + [.answerEnds, .delivered, .rightEnds], .nothing, .answered),
        line("An answer behind the end of its right is nothing", plain, asked + [.rightEnds, .answerBegins], .nothing, ended),
    ]

    static let tunnelling = asked + [.switches]
    static let tunnel: [Line] = [
        line("A 101 to a whole request is a tunnel (WS-03)", plain, tunnelling, .tunnel, nil),
        line("… and none where a body is still to come", upload, tunnelling, .nothing, nil),
        line("… nor behind an answer", plain, answering + [.switches], .nothing, nil),
        line("Whatever the client sends is passed on", plain, tunnelling + [.bodyPart], .forward, nil),
        line("… and so is what the upstream sends", plain, tunnelling + [.answerPart], .pass, nil),
        line("A client that ends its side is passed on", plain, tunnelling + [.inputEnds], .passOn, nil),
        line("… once", plain, tunnelling + [.inputEnds, .inputEnds], .nothing, nil),
        line("… and hears the upstream still", plain, tunnelling + [.inputEnds, .answerPart], .pass, nil),
        line("… and not before the last of it is read", plain, tunnelling + [.inputEndsUnread], .nothing, nil),
        line("An upstream that ends its side ends the tunnel", plain, tunnelling + [.answerEnds], .deliver(keepsUpstream: false), nil),
        line("… and neither connection is used again", plain, tunnelling + [.answerEnds, .delivered], .over(keepsClient: false), .answered),
        line("The right to it ends it (WS-04)", plain, tunnelling + [.bodyPart, .rightEnds], .cut, ended),
        line("Silence ends it", plain, tunnelling + [.timePasses], .cut, .clientSlow(.idle)),
        line("A client that does not read is slow", plain, tunnelling + [.outputBlocked, .timePasses], .cut, .clientSlow(.reading)),
        line("An upstream that does not read fails", plain, tunnelling + [.uploadPaused, .timePasses], .cut, .upstreamFailed(.timeout)),
        line("An upstream that is lost fails", plain, tunnelling + [.upstreamClosed], .cut, .upstreamFailed(.closed)),
        line("Who leaves is dropped", plain, tunnelling + [.clientGone], .drop, .clientGone),
        line("Who ended without goodbye is not waited for", plain, tunnelling + [.abandoned, .timePasses], .drop, .clientGone),
        line("Our own end cuts it", plain, tunnelling + [.drainTimesOut], .cut, .drained(.timedOut)),
    ]

    private static let ended = Ending.rightEnded(.tokenExpired)

    @Test("is told in order", arguments: order + judgement + queue + awaiting + underWay + delivering + right + tunnel)
    func ends(line: Line) {
        var run = ExchangeRun(line.request)
        var reaction = ExchangeReaction.nothing
        for event in line.events { reaction = run.take(event) }
        #expect(reaction == line.reaction)
        let ending = run.state.ending
        #expect(ending == line.ending)
    }

    @Test(
        "has a side and a code for each",
        arguments: [
            (Ending.answered, "ok", nil), (.refused(.denial(.tokenExpired)), "refused", "token_expired"),
            (.refused(.form(.chunkMalformed)), "refused", "chunk_malformed"),
            (.refused(.request(.loop)), "refused", "via_loop"), (.upstreamFailed(.timeout), "upstream", "upstream_timeout"),
            (.rightEnded(.tokenExpired), "refused", "right_ended"), (.clientGone, "client", "client_gone"),
            (.clientSlow(.head), "client", "head_timeout"), (.clientSlow(.body), "client", "body_timeout"),
            (.clientSlow(.reading), "client", "read_timeout"),
            (.clientMalformed(.chunkMalformed), "client", "chunk_malformed"), (.drained(.unfinishedHead), "drained", "draining"),
            (.drained(.timedOut), "drained", "drain_timeout"), (.aborted, "client", "aborted"),
        ] as [(Ending, String, String?)])
    func codes(ending: Ending, outcome: String, reason: String?) {
        #expect(ending.outcome.rawValue == outcome && ending.reason == reason)
        #expect((ending.cause != nil) == (outcome == "upstream" || reason == "right_ended"))
    }
}
