import BindingPolicy
import FoundationEssentials
import HTTPWire
import HoldfastConfiguration
import ProxyEngine

/// Protected resource metadata (RFC 9728): what this API says of itself, made from what it enforces, so that it tells the truth.
struct ResourceMetadata {
    /// The document's absolute URL, for challenges.
    let url: String
    let page: OwnPage

    /// Nil where the configuration names no resource.
    init?(_ configuration: HoldfastConfiguration) throws {
        guard let resource = configuration.resource else { return nil }
        let identifier = resource.identifier
        let path = Self.path(of: identifier)
        let origin = identifier.text.prefix { $0 != "?" }.dropLast(identifier.path.count)
        url = origin + path + (identifier.query.map { "?\($0)" } ?? "")
        page = OwnPage(
            path: path, query: identifier.query, contentType: "application/json", maximumAge: 3600,
            body: try Self.document(configuration, resource))
    }

    /// The well-known part goes between host and path; a slash that ends the host alone is dropped, any other stays (section 3.1).
    private static func path(of identifier: HTTPURL) -> String {
        "/.well-known/oauth-protected-resource" + (identifier.path == "/" ? "" : identifier.path)
    }

    /// Members without a value are left out (section 3.2).
    private struct Document: Encodable {
        let resource: String
        let authorizationServers: [String]?
        let bearerMethodsSupported = ["header"]
        let scopesSupported: [String]?
        let tlsClientCertificateBoundAccessTokens: Bool?
        let resourceName, resourceDocumentation, resourcePolicyUri, resourceTosUri: String?
    }

    private static func document(_ configuration: HoldfastConfiguration, _ resource: HoldfastConfiguration.Resource) throws -> String {
        let scopes = scopes(of: configuration.routes)
        let issuers = configuration.tokens.map(\.issuer).filter(\.isDiscoverable).map(\.text)
        let document = Document(
            resource: resource.identifier.text, authorizationServers: issuers.isEmpty ? nil : issuers,
            scopesSupported: scopes.isEmpty ? nil : scopes,
            tlsClientCertificateBoundAccessTokens: configuration.isBoundEverywhere ? true : nil, resourceName: resource.name,
            resourceDocumentation: resource.documentation?.text, resourcePolicyUri: resource.policy?.text,
            resourceTosUri: resource.terms?.text)
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(document), as: UTF8.self) + "\n"
    }

    /// Each once, as first seen.
    private static func scopes(of routes: [Route]) -> [String] {
        routes.flatMap { $0.policy.scopes + $0.policy.anyScope }.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}
