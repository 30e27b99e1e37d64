/// Reads the text of a key set from wherever it is kept, by way of the issuer's metadata where that must be asked first.
struct KeySetReader {
    enum Reading: Equatable {
        /// A file that is the same as at the last reading.
        case unchanged
        case document(FetchedDocument)
    }

    private static let json = "application/json"
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
        do throws(KeySetFile.Fault) {
            return try file?.readIfChanged().map { .document(FetchedDocument(body: $0)) } ?? .unchanged
        } catch {
            throw .file(error)
        }
    }

    private func fetch(_ url: FetchURL) async throws(KeySetKeeper.Fault) -> FetchedDocument {
        do throws(FetchFault) { return try await fetcher.fetch(url, contentTypes: [Self.json, Self.keySet]) } catch { throw .fetch(error) }
    }

    /// The second address is asked only where the first has no such document; a server that is slow or down is not asked twice.
    private func discover(_ issuer: String) async throws(KeySetKeeper.Fault) -> FetchURL {
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
            do throws(IssuerMetadata.Fault) {
                return try IssuerMetadata.keySetAddress(in: document.body, of: issuer)
            } catch {
                throw .metadata(error)
            }
        }
        throw .fetch(missing)
    }

    private func addresses(_ issuer: String) throws(KeySetKeeper.Fault) -> [FetchURL] {
        do throws(IssuerMetadata.Fault) { return try IssuerMetadata.addresses(of: issuer) } catch { throw .metadata(error) }
    }
}
