import AsyncHTTPClient
import Files
import NIOCore
import NIOHTTP1
import NIOSSL

/// One request to an issuer's server and its answer, within bounds. No redirects, no cookies, HTTP/1.1 only.
struct HTTPExchange: Sendable {
    let client: HTTPClient

    /// - Parameters:
    ///   - tls: what to show of ourselves, if anything.
    ///   - authorities: CAs trusted besides the system's.
    ///   - isAlone: they are trusted in the place of the system's.
    ///   - connections: at once, to one host.
    init(
        tls: TLSConfiguration = .makeClientConfiguration(), authorities: [NIOSSLCertificate], isAlone: Bool = false, connections: Int, timeout: Double
    ) {
        var tls = tls
        tls.minimumTLSVersion = .tlsv12
        // A server that hangs does not answer our close_notify either, and the end of the process waits for it.
        tls.shutdownTimeout = .seconds(1)
        if isAlone {
            tls.trustRoots = .certificates(authorities)
        } else if !authorities.isEmpty {
            tls.additionalTrustRoots = [.certificates(authorities)]
        }
        // Sooner than the whole, so that it can be told from an answer that does not come.
        let (connect, read) = (TimeAmount.nanoseconds(Int64(timeout * 8e8)), TimeAmount.nanoseconds(Int64(timeout * 1e9)))
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow, timeout: .init(connect: connect, read: read), decompression: .disabled)
        configuration.httpVersion = .http1Only
        // A refused connection is an answer: when to try again is decided elsewhere.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// - Parameters:
    ///   - length: octets of a body.
    ///   - seconds: for the whole exchange.
    func perform(
        _ request: HTTPClientRequest, accepting types: AcceptedMediaTypes, length: Int, seconds: Double
    ) async -> Result<FetchedDocument, FetchFault> {
        // The client's own deadline ends with the response's head; this one covers the body.
        await withTaskGroup(of: Result<FetchedDocument, FetchFault>.self) { group in
            group.addTask { await exchange(request, types, length, seconds) }
            group.addTask {
                try? await Task.sleep(for: .seconds(seconds))
                return .failure(.timeout)
            }
            let first = await group.next() ?? .failure(.interrupted)
            group.cancelAll()
            return first
        }
    }

    private func exchange(
        _ request: HTTPClientRequest, _ types: AcceptedMediaTypes, _ length: Int, _ seconds: Double
    ) async -> Result<FetchedDocument, FetchFault> {
        var request = request
        request.headers.add(name: "Accept", value: types.wanted)
        request.headers.add(name: "User-Agent", value: "holdfast")
        do {
            let response = try await client.execute(request, timeout: .nanoseconds(Int64(seconds * 1e9)))
            guard response.status == .ok else { return .failure(.status(Int(response.status.code))) }
            let type = Self.mediaType(response.headers)
            guard types.include(type) else { return .failure(.mediaType(type?.printable())) }
            let body = try await response.body.collect(upTo: length)
            return .success(
                FetchedDocument(
                    body: ByteOrderMark.removed(from: [UInt8](body.readableBytesView)),
                    maximumAge: FetchLimits.maximumAge(response.headers["Cache-Control"])))
        } catch {
            return .failure(FetchFault(error))
        }
    }

    /// The one `Content-Type`, without its parameters, in lower case; nil for none and for more than one.
    private static func mediaType(_ headers: HTTPHeaders) -> String? {
        let values = headers["Content-Type"]
        guard values.count == 1, let value = values.first else { return nil }
        return value.prefix { $0 != ";" }.lowercased().trimmed
    }
}

extension String {
    /// Without the spaces and tabs at its ends.
    fileprivate var trimmed: String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(String(drop(while: isSpace)).reversed().drop(while: isSpace).reversed())
    }
}
