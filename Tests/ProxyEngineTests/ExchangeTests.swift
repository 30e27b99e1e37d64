import ProxyEngine
import Testing

@Suite("An exchange")
struct ExchangeTests {
    private func exchange(body: Bool = false, persists: Bool = true, idempotent: Bool = true) -> Exchange {
        Exchange(hasBody: body, clientPersists: persists, isIdempotent: idempotent)
    }

    @Test("keeps both connections when request and response have ended and both sides want to")
    func keepsBoth() {
        var exchange = exchange()
        #expect(exchange.responseBegan(upstreamPersists: true, clientPersists: true) == false)
        #expect(exchange.responseEnded() == Exchange.Ending(keepsUpstream: true, keepsClient: true))
    }

    @Test("closes the client's connection, and says so, where the client asked for it")
    func clientCloses() {
        var exchange = exchange(persists: false)
        #expect(exchange.responseBegan(upstreamPersists: true, clientPersists: true) == true)
        #expect(exchange.responseEnded() == Exchange.Ending(keepsUpstream: true, keepsClient: false))
    }

    @Test("closes the client's connection where the framing towards it leaves no other way")
    func framingCloses() {
        var exchange = exchange()
        #expect(exchange.responseBegan(upstreamPersists: true, clientPersists: false) == true)
        #expect(exchange.responseEnded().keepsClient == false)
    }

    @Test("closes the upstream's connection where the upstream said so, and keeps the client's")
    func upstreamCloses() {
        var exchange = exchange()
        #expect(exchange.responseBegan(upstreamPersists: false, clientPersists: true) == false)
        #expect(exchange.responseEnded() == Exchange.Ending(keepsUpstream: false, keepsClient: true))
    }

    @Test("keeps neither connection when the response ends before the request's body")
    func earlyResponse() {
        var exchange = exchange(body: true)
        #expect(exchange.responseBegan(upstreamPersists: true, clientPersists: true) == true)
        #expect(exchange.responseEnded() == Exchange.Ending(keepsUpstream: false, keepsClient: false))
    }

    @Test("keeps the upstream but not the client when a response that began early ends after the request")
    func overlappingSides() {
        var exchange = exchange(body: true)
        #expect(exchange.responseBegan(upstreamPersists: true, clientPersists: true) == true)
        #expect(exchange.requestEnded() == nil)
        #expect(exchange.responseEnded() == Exchange.Ending(keepsUpstream: true, keepsClient: false))
    }

    @Test("goes on with the response when the request's body ends first")
    func bodyThenResponse() {
        var exchange = exchange(body: true)
        #expect(exchange.requestEnded() == nil)
        #expect(exchange.responseBegan(upstreamPersists: true, clientPersists: true) == false)
        #expect(exchange.responseEnded() == Exchange.Ending(keepsUpstream: true, keepsClient: true))
    }

    @Test("sends an idempotent request without a body again, once, when a kept-alive connection turns out closed")
    func retriesOnce() {
        var exchange = exchange()
        #expect(exchange.upstreamLost(stale: true) == .retry)
        #expect(exchange.upstreamLost(stale: true) == .answer)
    }

    @Test(
        "never sends a request again that may have had an effect",
        arguments: [(body: true, idempotent: true), (body: false, idempotent: false)])
    func neverRetries(body: Bool, idempotent: Bool) {
        var exchange = exchange(body: body, idempotent: idempotent)
        #expect(exchange.upstreamLost(stale: true) == .answer)
    }

    @Test("does not send a request again that a fresh connection lost")
    func freshConnection() {
        var exchange = exchange()
        #expect(exchange.upstreamLost(stale: false) == .answer)
    }

    @Test("does not send a request again once the upstream has begun to answer it")
    func interimAnswer() {
        var exchange = exchange()
        exchange.interimResponse()
        #expect(exchange.upstreamLost(stale: true) == .answer)
    }

    @Test("cuts the client off when the upstream is lost in the middle of the response")
    func cutOff() {
        var exchange = exchange()
        _ = exchange.responseBegan(upstreamPersists: true, clientPersists: true)
        #expect(exchange.upstreamLost(stale: true) == .cutOff)
    }

    @Test("has nothing to lose once the response has ended")
    func nothingLost() {
        var exchange = exchange()
        _ = exchange.responseBegan(upstreamPersists: true, clientPersists: true)
        _ = exchange.responseEnded()
        #expect(exchange.upstreamLost(stale: true) == .none)
    }

    @Test("is the last on its connection when the server drains")
    func draining() {
        var exchange = exchange()
        exchange.closeClientAfterwards()
        #expect(exchange.responseBegan(upstreamPersists: true, clientPersists: true) == true)
        #expect(exchange.responseEnded() == Exchange.Ending(keepsUpstream: true, keepsClient: false))
    }
}
