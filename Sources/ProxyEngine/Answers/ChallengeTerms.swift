/// What every `WWW-Authenticate: Bearer` of ours says beside the error (RFC 6750 section 3, RFC 9728 section 5.1).
package struct ChallengeTerms: Equatable, Sendable {
    /// `Bearer realm="…"`, with `resource_metadata="…"` where there is such a document.
    let opening: String

    /// - Parameters:
    ///   - realm: without `"` and `\`.
    ///   - metadata: the absolute URL of the resource's metadata; from the configuration, never from a request.
    package init(realm: String, metadata: String?) {
        opening = "Bearer realm=\"\(realm)\"" + (metadata.map { ", resource_metadata=\"\($0)\"" } ?? "")
    }

    func with(error: String, _ description: String) -> String {
        "\(opening), error=\"\(error)\", error_description=\"\(description)\""
    }
}
