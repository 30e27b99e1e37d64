import BindingPolicy
import HoldfastConfiguration
import Testing

@Suite("limits, and what a body may have")
struct LimitsTests {
    @Test("By default nothing is bounded that was not")
    func none() throws {
        let configuration = try read(minimal)
        #expect(configuration.limits.connections == nil && configuration.limits.requests == nil && configuration.limits.rate == nil)
        #expect(configuration.listener.maxBody == nil && configuration.routeTable.fallback.maxBody == nil)
    }

    @Test("Each bound is read, and check says it")
    func read_() throws {
        let yaml =
            minimal
            + "limits:\n  connections_per_client: 4\n  requests_per_client: 100\n  rate: {requests: 30, per: 1m, burst: 50, by: client_id}\n"
        let limits = try read(yaml).limits
        #expect(limits.connections == 4 && limits.requests == 100 && limits.rate?.requests == 30 && limits.rate?.per == .seconds(60))
        #expect(limits.rate?.burst == 50 && limits.rate?.subject == .clientID)
        #expect(
            try lines(yaml).contains(
                "Takes, on each event loop, at most 4 connections for each certificate, 100 requests under way for each certificate, 30 requests in 1m (50 at once) for each client_id."
            ))
        let rate = try read(minimal + "limits: {rate: {requests: 7}}\n").limits.rate
        #expect(rate?.burst == 7 && rate?.per == .seconds(1) && rate?.subject == .certificate)
    }

    @Test("A body's bound is the listener's, or that of its route")
    func body() throws {
        let yaml =
            changed("private_key: server.key", to: "private_key: server.key\n  max_body: 1MiB")
            + "routes:\n  - {path: /upload/*, max_body: 100MiB}\n  - {path: /small}\n"
        let configuration = try read(yaml)
        #expect(configuration.listener.maxBody == 1 << 20)
        #expect(configuration.routes.map(\.policy.maxBody) == [100 << 20, nil])
        let said = try lines(yaml)
        #expect(said.contains("Takes request bodies up to 1MiB, where a route does not say otherwise."))
        #expect(said.contains("Any method on /upload/* needs a token bound to the client's certificate; bodies up to 100MiB."))
    }

    @Test("Other words are mistakes")
    func mistaken() {
        expectMistake(minimal + "limits: {rate: {burst: 7}}\n", "13:10: limits.rate.requests", "The key is missing.")
        expectMistake(minimal + "limits: {rate: {requests: 7, by: token}}\n", "13:34: limits.rate.by", "is not one of `certificate`, `client_id`")
        #expect(mistakes(minimal + "limits: {rate: 7}\n").count == 1)
        expectMistake(minimal + "limits: {connection_per_client: 7}\n", "13:10: limits.connection_per_client", "connections_per_client")
        expectMistake(minimal + "routes:\n  - {path: /a, max_body: many}\n", "14:26: routes[0].max_body", "A size")
    }
}
