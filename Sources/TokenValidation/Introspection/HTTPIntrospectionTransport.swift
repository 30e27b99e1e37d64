import AsyncHTTPClient
package import HTTPWire
import NIOCore
import NIOHTTP1
package import NIOSSL

/// Asks an issuer a question: the one door of introspection to the network.
package protocol IntrospectionTransport: Sendable {
    /// - Parameter seconds: for the whole exchange.
    /// - Returns: the body of a 200 of the request's content type.
    func post(_ request: IntrospectionRequest, to url: HTTPURL, seconds: Double) async throws(FetchFault) -> [UInt8]
    /// Called once, when nothing will be asked any more.
    func shutdown() async
}

/// Over HTTP/1.1, by connections of its own: they show our certificate where that is how we authenticate.
package final class HTTPIntrospectionTransport: IntrospectionTransport {
    /// Octets of an answer.
    package static let length = 64 * 1024
    /// A server may close connections just when they are used again, and to ask twice does no harm (RFC 7662 has no side effects).
    static let attempts = 3

    private let exchange: HTTPExchange

    package init(_ authentication: ClientAuthentication, authorities: [NIOSSLCertificate], connections: Int, timeout: Double) {
        if case .tlsClientAuth(let tls) = authentication.method {
            exchange = HTTPExchange(tls: tls, authorities: authorities, connections: connections, timeout: timeout)
        } else {
            exchange = HTTPExchange(authorities: authorities, connections: connections, timeout: timeout)
        }
    }

    package func shutdown() async { try? await exchange.client.shutdown() }

    package func post(_ request: IntrospectionRequest, to url: HTTPURL, seconds: Double) async throws(FetchFault) -> [UInt8] {
        let start = ContinuousClock.now
        var left = seconds
        for _ in 1..<Self.attempts {
            let outcome = await attempt(request, url, left)
            left = seconds - (ContinuousClock.now - start) / .seconds(1)
            guard outcome == .failure(.interrupted), left > 0, !Task.isCancelled else { return try outcome.get().body }
        }
        return try await attempt(request, url, left).get().body
    }

    private func attempt(_ question: IntrospectionRequest, _ url: HTTPURL, _ seconds: Double) async -> Result<FetchedDocument, FetchFault> {
        var request = HTTPClientRequest(url: url.request)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        for (name, value) in question.headers { request.headers.add(name: name, value: value) }
        request.body = .bytes(question.body)
        return await exchange.perform(request, accepting: .these([question.contentType]), length: Self.length, seconds: seconds)
    }
}
