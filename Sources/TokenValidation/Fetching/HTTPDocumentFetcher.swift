import AsyncHTTPClient
package import HTTPWire
package import NIOSSL

/// Fetches over HTTP/1.1 with TLS verified against the system's authorities and, where configured, further ones.
package final class HTTPDocumentFetcher: DocumentFetcher {
    private let exchange: HTTPExchange

    /// - Parameter authorities: CAs trusted besides the system's.
    package init(authorities: [NIOSSLCertificate] = []) {
        exchange = HTTPExchange(authorities: authorities, connections: 8, timeout: FetchLimits.deadline)
    }

    /// Closes its connections. Must be called before it goes.
    package func shutdown() async throws { try await exchange.client.shutdown() }

    package func fetch(_ url: HTTPURL, accepting types: AcceptedMediaTypes) async throws(FetchFault) -> FetchedDocument {
        let request = HTTPClientRequest(url: url.request)
        return try await exchange.perform(request, accepting: types, length: FetchLimits.length, seconds: FetchLimits.deadline).get()
    }
}
