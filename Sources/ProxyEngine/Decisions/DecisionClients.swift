import BindingPolicy
import DecisionWire
import NIOCore

/// Who stands behind the fronts of one loop: what is known of a client goes from one of its checks to the next, as it goes from one request
/// of a connection to the next. Whether its certificate is still accepted is asked at each.
///
/// Bounded by what it holds. Two halves take turns: whoever is asked about stays, whoever is not is forgotten with the older half.
final class DecisionClients {
    private struct Key: Hashable {
        let certificate: [UInt8]
        /// Whose policy it is held against, whatever it calls that host.
        let site: Int?
        let address: [UInt8]
        let isEnvoy: Bool

        var size: Int { certificate.count + address.count + DecisionClients.overhead }
    }

    private static let halfOctets = 4 << 20
    /// About, of what is kept beside the key.
    private static let overhead = 2 << 10

    private var recent: [Key: ConnectedClient] = [:]
    private var older: [Key: ConnectedClient] = [:]
    private var octets = 0
    /// The generation whose gate has identified them.
    private var generation = 0

    /// - Parameter now: seconds since 1970.
    func client(of question: CheckQuestion, by front: FrontKind, under generation: LoopGeneration, now: Double) -> ConnectedClient {
        if generation.number != self.generation { forgetAll(for: generation.number) }
        let host = question.host.isEmpty ? nil : String(decoding: question.host, as: UTF8.self)
        let site = generation.gate.site(for: host)?.position
        let key = Key(certificate: question.certificate, site: site, address: question.address, isEnvoy: front == .envoy)
        if let known = recent[key] { return known }
        if let known = older.removeValue(forKey: key) {
            remember(known, key)
            return known
        }
        let client = identify(question, asking: host, by: front, under: generation, now: now)
        // Who is refused has to be looked at anew each time: what refused it may have changed.
        if client.peer.withdrawn == nil { remember(client, key) }
        return client
    }

    private func identify(
        _ question: CheckQuestion, asking host: String?, by front: FrontKind, under generation: LoopGeneration, now: Double
    ) -> ConnectedClient {
        let changes = generation.gate.trustChanges
        let identified = generation.gate.identify(shown: question.chain, asking: host, now: now)
        let address = try? SocketAddress(ipAddress: String(decoding: question.address, as: UTF8.self), port: 0)
        return ConnectedClient(identified, at: address, under: generation, trustChanges: changes, isBehindFront: true, tellsAddress: front == .envoy)
    }

    private func remember(_ client: ConnectedClient, _ key: Key) {
        if octets + key.size > Self.halfOctets {
            older = recent
            recent = [:]
            octets = 0
        }
        recent[key] = client
        octets += key.size
    }

    private func forgetAll(for generation: Int) {
        self.generation = generation
        (recent, older, octets) = ([:], [:], 0)
    }
}
