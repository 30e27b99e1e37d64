package import HTTPWire

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

/// Which media types a document may have.
package enum AcceptedMediaTypes: Equatable, Sendable {
    /// In lower case and without parameters.
    case these([String])
    /// Whatever the server calls it, also nothing.
    case any(preferred: [String])

    /// For the field `Accept`.
    var wanted: String {
        switch self {
        case .these(let types): types.joined(separator: ", ")
        case .any(let types): (types + ["*/*;q=0.1"]).joined(separator: ", ")
        }
    }

    func include(_ type: String?) -> Bool {
        switch self {
        case .these(let types): type.map(types.contains) ?? false
        case .any: true
        }
    }
}

/// Fetches by GET, within ``FetchLimits``. The one door of the control plane to the network.
package protocol DocumentFetcher: Sendable {
    func fetch(_ url: HTTPURL, accepting types: AcceptedMediaTypes) async throws(FetchFault) -> FetchedDocument
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
