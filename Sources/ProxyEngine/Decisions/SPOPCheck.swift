import BindingPolicy
import DecisionWire
import HTTPWire
import NIOCore

/// One question of HAProxy's: an exchange's client, which is told the decision as variables of a request.
final class SPOPCheck: Downstream {
    let ticket: SPOPSession.Ticket
    private unowned let connection: SPOPConnection
    private(set) var exchange: Exchange?

    init(_ ticket: SPOPSession.Ticket, on connection: SPOPConnection) {
        self.ticket = ticket
        self.connection = connection
    }

    func begin(_ question: Result<CheckQuestion, CheckFault>, on loop: EngineLoop) {
        let now = loop.clock.seconds()
        let question = connection.client.isRefusedFront(under: loop.generation, now: now) ? .failure(.frontRefused) : question
        let asked = try? question.get()
        let client =
            asked.map { loop.decisions.client(of: $0, by: .haproxy, under: loop.generation, now: now) } ?? .unknownBehindFront(on: loop)
        let exchange = Exchange(.check(by: .haproxy), from: client, to: self, on: loop, abandonedAt: nil, began: loop.now)
        self.exchange = exchange
        switch question {
        case .success(let question): exchange.begin(question)
        case .failure(let fault): exchange.refuseCheck(fault)
        }
    }

    private func tell(_ variables: [(name: String, value: SPOPValue)]) {
        exchange = nil
        connection.answered(self, with: variables)
    }

    // MARK: The decision

    func answer(_ answer: OwnAnswer, fields: [UInt8]) {
        var variables: [(name: String, value: SPOPValue)]
        switch answer {
        case .permitted(let request):
            variables = [("allowed", .bool(true)), ("status", .number(200))]
            // A name of HAProxy's variables has no hyphen.
            for line in FieldLines(request.fields) { variables.append((Self.variable(line.name), .octets(Array(line.value)))) }
        case .refusal(let refusal, _, _, _), .grpcRefusal(let refusal):
            variables = [("allowed", .bool(false)), ("status", .number(UInt64(refusal.status))), ("reason", .octets(Array(refusal.reason.utf8)))]
            if let challenge = refusal.challenge { variables.append(("challenge", .octets(Array(challenge.utf8)))) }
            if let seconds = refusal.retryAfter { variables.append(("retry_after", .octets(Array(String(seconds).utf8)))) }
            variables.append(("detail", .octets(Array(refusal.detail.utf8))))
        case .options, .page:
            variables = [("allowed", .bool(false)), ("status", .number(403)), ("reason", .octets(Array("not_a_decision".utf8)))]
        }
        for line in FieldLines(fields) where !line.name.elementsEqual("Date".utf8) {
            let name = Self.variable(line.name)
            if !variables.contains(where: { $0.name == name }) { variables.append((name, .octets(Array(line.value)))) }
        }
        tell(variables)
    }

    private static func variable(_ name: some Sequence<UInt8>) -> String {
        String(decoding: name.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : (65...90).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    func exchangeOver(keepsClient: Bool) { refuse() }
    func cut(atOnce: Bool) { refuse() }
    func drop() { refuse() }

    /// There is no decision, which HAProxy must not have to guess.
    private func refuse() { tell([("allowed", .bool(false)), ("status", .number(503)), ("reason", .octets(Array("aborted".utf8)))]) }

    // MARK: What only forwarded requests have

    var isOutputBlocked: Bool { false }
    var mayPersist: Bool { true }
    func passInterim(_ raw: ByteBuffer) {}
    func sayContinue() {}
    func beginAnswer(_ raw: ByteBuffer, closing: Bool, fields: [UInt8]) {}
    func passBody(_ part: ByteBuffer) {}
    func endAnswer(trailers: [UInt8]) {}
    func flush(isWhole: Bool) {}
    func takeShortBody() -> ByteBuffer? { nil }
    func takeBody(_ takes: Bool) {}
}
