import Files
import HTTPWire

/// Reads the text of a key set from wherever it is kept, by way of the issuer's metadata where that must be asked first.
struct KeySetReader {
    enum Reading: Equatable {
        /// A file that is the same as at the last reading.
        case unchanged
        /// - place: where it was found, for messages.
        case document(FetchedDocument, place: String)
    }

    private static let types = [MetadataReader.json, "application/jwk-set+json"]

    private let source: KeySetKeeper.Source
    private let fetcher: any DocumentFetcher
    private let anyMediaType: Bool
    private var file: KeySetFile?

    /// - Parameter anyMediaType: whether it does not matter what the server calls its documents.
    init(source: KeySetKeeper.Source, fetcher: any DocumentFetcher, anyMediaType: Bool) {
        self.source = source
        self.fetcher = fetcher
        self.anyMediaType = anyMediaType
        if case .file(let path) = source { file = KeySetFile(path: path) }
    }

    mutating func forget() { file?.forget() }

    mutating func read() async -> Result<Reading, KeySetKeeper.Fault> {
        do throws(KeySetKeeper.Fault) {
            switch source {
            case .file(let path): return .success(try readFile(path))
            case .url(let url): return .success(try await fetch(url))
            case .discovered(let issuer): return .success(try await fetch(try await discover(issuer)))
            }
        } catch {
            return .failure(error)
        }
    }

    private mutating func readFile(_ path: String) throws(KeySetKeeper.Fault) -> Reading {
        do throws(FileFault) {
            return try file?.readIfChanged().map { .document(FetchedDocument(body: $0), place: path) } ?? .unchanged
        } catch {
            throw .file(path, error)
        }
    }

    private func accepted(_ types: [String]) -> AcceptedMediaTypes { anyMediaType ? .any(preferred: types) : .these(types) }

    private func fetch(_ url: HTTPURL) async throws(KeySetKeeper.Fault) -> Reading {
        do throws(FetchFault) {
            return .document(try await fetcher.fetch(url, accepting: accepted(Self.types)), place: url.shown)
        } catch {
            throw .fetch(url, error)
        }
    }

    private func discover(_ issuer: HTTPURL) async throws(KeySetKeeper.Fault) -> HTTPURL {
        let reader = MetadataReader(fetcher: fetcher, types: accepted([MetadataReader.json]))
        return try await reader.read(of: issuer) { (json) throws(IssuerMetadata.Fault) in
            try IssuerMetadata.keySetAddress(in: json, of: issuer)
        }
    }
}
