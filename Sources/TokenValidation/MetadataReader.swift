/// Fetches an issuer's metadata (RFC 8414 section 3) and takes an address from it.
struct MetadataReader {
    static let json = "application/json"

    let fetcher: any DocumentFetcher

    /// The second address is asked only where the first has no such document; a server that is slow or down is not asked twice.
    func read(
        of issuer: String, _ take: ([UInt8]) throws(IssuerMetadata.Fault) -> FetchURL
    ) async throws(KeySetKeeper.Fault) -> FetchURL {
        var missing = FetchFault.unreachable
        for address in try addresses(issuer) {
            let document: FetchedDocument
            do throws(FetchFault) {
                document = try await fetcher.fetch(address, contentTypes: [Self.json])
            } catch {
                switch error {
                case .status, .contentType: missing = error
                case .timeout, .unreachable, .tooLarge, .interrupted: throw .fetch(error)
                }
                continue
            }
            do throws(IssuerMetadata.Fault) { return try take(document.body) } catch { throw .metadata(error) }
        }
        throw .fetch(missing)
    }

    private func addresses(_ issuer: String) throws(KeySetKeeper.Fault) -> [FetchURL] {
        do throws(IssuerMetadata.Fault) { return try IssuerMetadata.addresses(of: issuer) } catch { throw .metadata(error) }
    }
}
