/// A document as an issuer's server sent it.
package struct FetchedDocument: Equatable, Sendable {
    package let body: [UInt8]
    /// Seconds for which it may be kept, by its `Cache-Control` (RFC 9111 section 5.2.2); nil where that says nothing, 0 where it
    /// forbids keeping it.
    package let maximumAge: Double?

    package init(body: [UInt8], maximumAge: Double? = nil) {
        self.body = body
        self.maximumAge = maximumAge
    }
}

/// Why a document could not be had. Carries nothing that a peer sent but a status.
package enum FetchFault: Error, Equatable, Sendable {
    case timeout
    /// No connection, or none that TLS verified.
    case unreachable
    /// Anything but 200; redirects are not followed.
    case status(Int)
    case contentType
    case tooLarge
    case interrupted
}

/// Fetches by GET, within ``FetchLimits``. The one door of the control plane to the network.
package protocol DocumentFetcher: Sendable {
    /// - Parameter contentTypes: the accepted ones, in lower case and without parameters.
    func fetch(_ url: FetchURL, contentTypes: [String]) async throws(FetchFault) -> FetchedDocument
}

package enum FetchLimits {
    /// Seconds for the whole exchange.
    package static let deadline = 5.0
    /// Octets of a body.
    package static let length = 1 << 20

    /// The age that `Cache-Control` field values allow, as in ``FetchedDocument/maximumAge``.
    package static func maximumAge(_ cacheControl: [String]) -> Double? {
        var age: Double?
        for directive in cacheControl.joined(separator: ",").lowercased().split(separator: ",") {
            let parts = directive.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " && $0 != "\t" && $0 != "\"" } }
            switch parts.first {
            case "no-store", "no-cache": return 0
            case "max-age":
                guard parts.count == 2, !parts[1].isEmpty, parts[1].utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else { continue }
                age = min(age ?? .infinity, Double(parts[1]) ?? .infinity)
            default: continue
            }
        }
        return age
    }
}
