import Files

/// Reads the text of a key set from wherever it is kept, by way of the issuer's metadata where that must be asked first.
struct KeySetReader {
    enum Reading: Equatable {
        /// A file that is the same as at the last reading.
        case unchanged
        case document(FetchedDocument)
    }

    private static let keySet = "application/jwk-set+json"

    private let source: KeySetKeeper.Source
    private let fetcher: any DocumentFetcher
    private var file: KeySetFile?

    init(source: KeySetKeeper.Source, fetcher: any DocumentFetcher) {
        self.source = source
        self.fetcher = fetcher
        if case .file(let path) = source { file = KeySetFile(path: path) }
    }

    mutating func forget() { file?.forget() }

    mutating func read() async -> Result<Reading, KeySetKeeper.Fault> {
        do throws(KeySetKeeper.Fault) {
            switch source {
            case .file: return .success(try readFile())
            case .url(let url): return .success(.document(try await fetch(url)))
            case .discovered(let issuer): return .success(.document(try await fetch(try await discover(issuer))))
            }
        } catch {
            return .failure(error)
        }
    }

    private mutating func readFile() throws(KeySetKeeper.Fault) -> Reading {
        do throws(FileFault) {
            return try file?.readIfChanged().map { .document(FetchedDocument(body: $0)) } ?? .unchanged
        } catch {
            throw .file(error)
        }
    }

    private func fetch(_ url: FetchURL) async throws(KeySetKeeper.Fault) -> FetchedDocument {
        do throws(FetchFault) { return try await fetcher.fetch(url, contentTypes: [MetadataReader.json, Self.keySet]) } catch { throw .fetch(error) }
    }

    private func discover(_ issuer: String) async throws(KeySetKeeper.Fault) -> FetchURL {
        try await MetadataReader(fetcher: fetcher).read(of: issuer) { (json) throws(IssuerMetadata.Fault) in
            try IssuerMetadata.keySetAddress(in: json, of: issuer)
        }
    }
}
