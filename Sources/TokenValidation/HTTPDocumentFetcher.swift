import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL

/// Fetches over HTTP/1.1 with TLS verified against the system's authorities and, where configured, further ones.
package final class HTTPDocumentFetcher: DocumentFetcher {
    private let client: HTTPClient

    /// - Parameter authorities: a PEM file of CAs trusted besides the system's.
    /// - Throws: where that file cannot be read or holds no certificate.
    package init(authorities: String? = nil) throws {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let authorities {
            let certificates = try NIOSSLCertificate.fromPEMFile(authorities)
            guard !certificates.isEmpty else { throw NIOSSLError.failedToLoadCertificate }
            tls.additionalTrustRoots = [.certificates(certificates)]
        }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(Int64(FetchLimits.deadline)), read: .seconds(Int64(FetchLimits.deadline))),
            decompression: .disabled)
        configuration.httpVersion = .http1Only
        // A refused connection is an answer: when to try again is decided elsewhere.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Closes its connections. Must be called before it goes.
    package func shutdown() async throws { try await client.shutdown() }

    package func fetch(_ url: FetchURL, contentTypes: [String]) async throws(FetchFault) -> FetchedDocument {
        // The client's own deadline ends with the response's head; this one covers the body.
        let outcome = await withTaskGroup(of: Result<FetchedDocument, FetchFault>.self) { group in
            group.addTask { await self.exchange(url, contentTypes) }
            group.addTask {
                try? await Task.sleep(for: .seconds(FetchLimits.deadline))
                return .failure(.timeout)
            }
            let first = await group.next() ?? .failure(.interrupted)
            group.cancelAll()
            return first
        }
        return try outcome.get()
    }

    private func exchange(_ url: FetchURL, _ contentTypes: [String]) async -> Result<FetchedDocument, FetchFault> {
        var request = HTTPClientRequest(url: url.description)
        request.headers.add(name: "Accept", value: contentTypes.joined(separator: ", "))
        request.headers.add(name: "User-Agent", value: "holdfast")
        do {
            let response = try await client.execute(request, timeout: .seconds(Int64(FetchLimits.deadline)))
            guard response.status == .ok else { return .failure(.status(Int(response.status.code))) }
            guard let type = Self.mediaType(response.headers), contentTypes.contains(type) else { return .failure(.contentType) }
            let body = try await response.body.collect(upTo: FetchLimits.length)
            return .success(
                FetchedDocument(
                    body: [UInt8](body.readableBytesView), maximumAge: FetchLimits.maximumAge(response.headers["Cache-Control"])))
        } catch is NIOTooManyBytesError {
            return .failure(.tooLarge)
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .connectTimeout || error == .readTimeout {
            return .failure(.timeout)
        } catch {
            return .failure(.unreachable)
        }
    }

    /// The one `Content-Type`, without its parameters, in lower case.
    private static func mediaType(_ headers: HTTPHeaders) -> String? {
        let values = headers["Content-Type"]
        guard values.count == 1, let value = values.first else { return nil }
        return value.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
    }
}
