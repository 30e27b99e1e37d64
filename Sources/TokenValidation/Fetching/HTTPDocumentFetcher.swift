import AsyncHTTPClient
package import HTTPWire
import NIOHTTP1
package import NIOSSL

/// Fetches over HTTP/1.1 with TLS verified against the system's authorities and, where configured, further ones.
package final class HTTPDocumentFetcher: DocumentFetcher {
    private let exchange: HTTPExchange
    private let length: Int
    private let seconds: Double

    /// - Parameters:
    ///   - authorities: CAs trusted besides the system's.
    ///   - alone: or in their place.
    ///   - length: octets of a body.
    ///   - seconds: for the whole exchange.
    package init(
        authorities: [NIOSSLCertificate] = [], alone: Bool = false, length: Int = FetchLimits.length, seconds: Double = FetchLimits.deadline
    ) {
        exchange = HTTPExchange(authorities: authorities, isAlone: alone, connections: 8, timeout: seconds)
        self.length = length
        self.seconds = seconds
    }

    /// Closes its connections. Must be called before it goes.
    package func shutdown() async throws { try await exchange.client.shutdown() }

    package func fetch(_ url: HTTPURL, accepting types: AcceptedMediaTypes) async throws(FetchFault) -> FetchedDocument {
        let request = HTTPClientRequest(url: url.request)
        return try await exchange.perform(request, accepting: types, length: length, seconds: seconds).get()
    }

    /// The same by POST.
    /// - Parameters:
    ///   - fields: further ones of the request.
    ///   - seconds: for the whole exchange, where it is to be less.
    package func post(
        _ body: [UInt8], as type: String, to url: HTTPURL, accepting types: AcceptedMediaTypes, fields: [(name: String, value: String)] = [],
        seconds: Double = .infinity
    ) async throws(FetchFault) -> FetchedDocument {
        var request = HTTPClientRequest(url: url.request)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: type)
        for field in fields { request.headers.add(name: field.name, value: field.value) }
        request.body = .bytes(body)
        return try await exchange.perform(request, accepting: types, length: length, seconds: min(seconds, self.seconds)).get()
    }
}
