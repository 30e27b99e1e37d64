import HTTPWire

/// Fetches an issuer's metadata (RFC 8414 section 3) and takes an address from it.
struct MetadataReader {
    static let json = "application/json"

    let fetcher: any DocumentFetcher
    var types = AcceptedMediaTypes.these([json])

    /// Goes on to the next address wherever one has no document that can be used; a server that is slow or down is not asked again.
    func read(
        of issuer: HTTPURL, _ take: ([UInt8]) throws(IssuerMetadata.Fault) -> HTTPURL
    ) async throws(KeySetKeeper.Fault) -> HTTPURL {
        var attempts: [KeySetKeeper.Fault.Attempt] = []
        for address in IssuerMetadata.addresses(of: issuer) {
            let document: FetchedDocument
            do throws(FetchFault) {
                document = try await fetcher.fetch(address, accepting: types)
            } catch {
                attempts.append(.init(address: address, failure: .fetch(error)))
                switch error {
                case .status, .mediaType, .tooLarge: continue
                case .timeout, .unreachable, .interrupted, .nonsense: throw .metadata(attempts)
                }
            }
            do throws(IssuerMetadata.Fault) {
                return try take(document.body)
            } catch {
                attempts.append(.init(address: address, failure: .document(error)))
            }
        }
        throw .metadata(attempts)
    }
}
