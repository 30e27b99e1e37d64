import ClientIdentity
import HTTPWire
import TokenValidation

/// Carries a question to a responder (RFC 6960 appendix A): by POST, within bounds. Answers are signed, so that nobody on the way matters.
enum StatusTransport {
    /// Octets of an answer, which has a few certificates at most.
    private static let length = 64 << 10
    private static let types = AcceptedMediaTypes.any(preferred: ["application/ocsp-response"])

    static func send(_ request: [UInt8], to place: HTTPURL, seconds: Double) async -> Result<[UInt8], StatusFault> {
        let fetcher = HTTPDocumentFetcher(length: length, seconds: seconds)
        let result: Result<[UInt8], StatusFault>
        do throws(FetchFault) {
            result = .success(try await fetcher.post(request, as: "application/ocsp-request", to: place, accepting: types).body)
        } catch {
            result = .failure(StatusFault("\(place.shown) \(error.words)"))
        }
        try? await fetcher.shutdown()
        return result
    }
}
