import BindingPolicy
import HoldfastConfiguration
import Testing

@Suite("decision")
struct DecisionTests {
    private func decisions(_ keys: String) throws -> HoldfastConfiguration.Decisions? { try read(minimal + "decision: {\(keys)}\n").decisions }

    private static let pair = "certificate: holdfast.pem, private_key: holdfast.key"
    private static let fronts = "fronts: {authorities: clients-ca.pem, dns: envoy.internal}"

    @Test("Others ask on a socket, whose path may be relative to the file's folder")
    func socket() throws {
        #expect(try read(minimal).decisions == nil)
        let found = try #require(try decisions("address: \"unix:/run/d.sock\""))
        #expect(found.place == .unix(path: "/run/d.sock") && found.maxConnections == 512 && found.claimedIdentity == .refuse)
        #expect(try #require(try decisions("address: \"unix:/run/d.sock\", claimed_identity: front-removes, max_connections: 7")).maxConnections == 7)
    }

    @Test("Over a network there is TLS on both sides, for named fronts")
    func network() throws {
        let found = try #require(try decisions("address: \"127.0.0.1:9443\", \(Self.pair), \(Self.fronts)"))
        guard case .network(let address, _, let fronts) = found.place else {
            Issue.record("\(found.place)")
            return
        }
        #expect(address.port == 9443 && fronts.terms.terms.count == 1)
    }

    @Test(
        "Anything less is a mistake",
        arguments: [
            ("", "address", "The key is missing."), ("address: \"unix:\"", "address", "after `unix:`"),
            ("address: \"unix://run/x\"", "address", "after `unix:`"),
            ("address: \"unix:/\(String(repeating: "a", count: 110))\"", "address", "107 octets"),
            ("address: \"unix:/run/x\", certificate: holdfast.pem", "certificate", "no TLS"),
            ("address: \"unix:/run/x\", \(fronts)", "fronts", "no TLS"),
            ("address: \"127.0.0.1:9443\", \(fronts)", "certificate", "TLS on both sides"),
            ("address: \"127.0.0.1:9443\", \(pair)", "fronts", "The key is missing."),
            ("address: \"127.0.0.1:9443\", \(pair), fronts: {authorities: clients-ca.pem}", "fronts.dns", "not all that these CAs issue for"),
            ("address: \"127.0.0.1:9443\", \(pair), fronts: {dns: a.b}", "fronts.authorities", "The key is missing."),
            ("address: \"unix:/run/x\", claimed_identity: pass", "claimed_identity", "refuse"),
            ("address: \"unix:/run/x\", max_connections: 0", "max_connections", "no front could ask"),
            ("address: \"unix:/run/x\", sockets: 1", "sockets", "There is no such key."),
        ])
    func wrong(keys: String, key: String, words: String) {
        let found = mistakes(minimal + "decision: {\(keys)}\n")
        #expect(found.contains { $0.contains("decision.\(key): ") && $0.contains(words) }, "\(found)")
    }

    @Test("The weaker word is named")
    func warning() throws {
        let weak = try warnings(minimal + "decision: {address: \"unix:/run/d\", claimed_identity: front-removes}\n")
        #expect(weak.contains { $0.contains("decision.claimed_identity is `front-removes`") })
        let usual = minimal + "decision: {address: \"unix:/run/d\"}\n"
        #expect(try warnings(usual).allSatisfy { !$0.contains("decision") } && lines(usual).contains { $0.contains("unix:/run/d") })
    }
}
