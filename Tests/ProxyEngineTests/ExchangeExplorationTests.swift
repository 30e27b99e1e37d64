import NIOCore
import Testing

@testable import ProxyEngine

/// Every sequence of events up to a depth, also of events that make no sense where they come, with what must hold in each state.
@Suite("All that can happen to an exchange")
struct ExchangeExplorationTests {
    /// What has been done for an exchange, which no state may be believed to remember.
    private struct Ledger: Hashable {
        var isPermitted = false
        /// The whole of the request's body was handed on, or there is none.
        var isRequestWhole: Bool
        var isAnswerBegun = false
        var isAnswerWhole = false
        var ownAnswers = 0

        /// - Returns: what is wrong with `reaction`.
        mutating func note(_ event: ExchangeEvent, _ reaction: ExchangeReaction, wasOver: Bool) -> String? {
            if wasOver, reaction != .nothing, reaction != .release { return "something follows though it is over" }
            switch reaction {
            case .nothing, .release, .interim, .sayContinue, .cut, .drop: break
            case .acquire: isPermitted = true
            case .send, .retry: if !isPermitted { return "it is forwarded without a permit" }
            case .forward, .hold:
                if !isPermitted { return "a body is forwarded without a permit" }
                if event == .bodyEnds { isRequestWhole = true }
            case .pass where event == .answerPart: if !isAnswerBegun { return "a body comes before its head" }
            case .passOn: if !isAnswerBegun { return "a tunnel's end is passed on before there is one" }
            case .pass, .passClosing, .tunnel:
                if isAnswerBegun || ownAnswers > 0 { return "it is answered twice" }
                isAnswerBegun = true
            case .deliver(let keepsUpstream):
                isAnswerWhole = true
                if keepsUpstream, !isRequestWhole { return "an upstream connection is kept whose request was not whole" }
            case .over(let keepsClient):
                if !isAnswerWhole { return "it is over without an answer" }
                if keepsClient, !isRequestWhole { return "a client connection is kept whose request was not whole" }
            case .answer:
                ownAnswers += 1
                if isAnswerBegun || ownAnswers > 1 { return "it is answered twice" }
            }
            if case .retry = reaction, isAnswerBegun { return "it is sent again though its answer had begun" }
            return nil
        }
    }

    private struct Node: Hashable {
        let state: ExchangeState.Snapshot
        let now: NIODeadline
        let ledger: Ledger
    }

    private struct Step {
        let parent: Int
        let event: ExchangeEvent?
        let run: Box
        let ledger: Ledger
    }

    /// Arrays hold nothing that cannot be copied.
    private final class Box {
        let run: ExchangeRun
        init(_ run: consuming ExchangeRun) { self.run = run }
    }

    static let depth = 12

    static let requests: [ExchangeState.Request] = [
        .init(hasBody: false, persists: true, isIdempotent: true),
        .init(hasBody: true, persists: true, isIdempotent: true, expectsContinue: true),
        .init(hasBody: true, persists: true, isIdempotent: false),
        .init(hasBody: false, persists: false, isIdempotent: false, takesInterim: false),
    ]

    @Test("keeps what must hold, in every order", arguments: requests)
    func explore(request: ExchangeState.Request) {
        var steps = [Step(parent: -1, event: nil, run: Box(ExchangeRun(request)), ledger: Ledger(isRequestWhole: !request.hasBody))]
        var seen: Set<Node> = []
        var frontier = [0]
        var transitions = 0
        for _ in 0..<Self.depth {
            var next: [Int] = []
            for index in frontier {
                for event in ExchangeEvent.allCases {
                    transitions += 1
                    var ledger = steps[index].ledger
                    var run = ExchangeRun(steps[index].run.run.state.copied(), now: steps[index].run.run.now)
                    let wasOver = run.state.isOver
                    let reaction = run.take(event)
                    if let fault = ledger.note(event, reaction, wasOver: wasOver) ?? fault(in: run.state, wasOver, reaction) {
                        Issue.record("\(fault): \(path(to: index, steps) + [event]) of \(request)")
                        return
                    }
                    guard !wasOver, seen.insert(Node(state: run.state.snapshot, now: run.now, ledger: ledger)).inserted else { continue }
                    if !endsByTimeAlone(run) {
                        Issue.record("time alone does not end it: \(path(to: index, steps) + [event]) of \(request)")
                        return
                    }
                    steps.append(Step(parent: index, event: event, run: Box(run), ledger: ledger))
                    next.append(steps.count - 1)
                }
            }
            frontier = next
        }
        #expect(transitions > 20_000 && seen.count > 1_000, "\(transitions) events in \(seen.count) states")
    }

    private func fault(in state: borrowing ExchangeState, _ wasOver: Bool, _ reaction: ExchangeReaction) -> String? {
        let ends: Bool =
            switch reaction {
            case .answer, .cut, .drop, .over: true
            default: false
            }
        if ends != (state.isOver && !wasOver) { return "it is over and nobody is told, or it is told and goes on" }
        if !state.isOver, state.deadline == .distantFuture { return "it waits for ever" }
        return nil
    }

    private func endsByTimeAlone(_ run: borrowing ExchangeRun) -> Bool {
        var copy = ExchangeRun(run.state.copied(), now: run.now)
        for _ in 0..<4 where !copy.state.isOver { _ = copy.take(.timePasses) }
        return copy.state.isOver
    }

    private func path(to index: Int, _ steps: [Step]) -> [ExchangeEvent] {
        var events: [ExchangeEvent] = []
        var index = index
        while index > 0 {
            if let event = steps[index].event { events.insert(event, at: 0) }
            index = steps[index].parent
        }
        return events
    }
}
