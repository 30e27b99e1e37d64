import NIOHTTP1

/// The development authorization server: three listeners over one set of keys.
struct IssuerServer: Sendable {
    struct Settings: Sendable {
        let address: Address
        let mutualTLSAddress: Address
        let labAddress: Address
        let tls: ServerTLS
        /// Left out: the address of the TLS listener.
        let issuer: String?
        let audiences: [String]
        let algorithms: [SigningAlgorithm]
        /// Seconds.
        let lifetime: Int
        let format: TokenFormat
        let hasAliases: Bool
        let authenticator: ClientAuthenticator
        /// Where tokens for `holdfast probe` are written, if anywhere.
        let probeTokens: LabDirectory?
    }

    private let open: HTTPListener
    private let mutualTLS: HTTPListener
    private let lab: HTTPListener
    private let metadata: IssuerMetadata
    private let mint: AccessTokenMint
    private let authenticator: ClientAuthenticator
    private let refreshTokens = RefreshTokens()
    private let board = FaultBoard()

    init(_ settings: Settings) async throws {
        open = try await HTTPListener(settings.address, security: .tls(settings.tls))
        mutualTLS = try await HTTPListener(settings.mutualTLSAddress, security: .mutualTLS(settings.tls))
        lab = try await HTTPListener(settings.labAddress, security: .plain)
        let base = "https://\(open.address)"
        metadata = IssuerMetadata(
            issuer: settings.issuer ?? base, base: base, mutualTLSBase: "https://\(mutualTLS.address)", algorithms: settings.algorithms,
            hasAliases: settings.hasAliases)
        mint = AccessTokenMint(
            issuer: metadata.issuer, audiences: settings.audiences, lifetime: settings.lifetime, format: settings.format,
            ring: try KeyRing(settings.algorithms))
        authenticator = settings.authenticator
        if let directory = settings.probeTokens { try ProbeTokens.write(to: directory, from: mint) }
    }

    func run() async throws {
        try ReadyLine.print([
            "issuer": metadata.issuer, "address": open.address.description, "mtls_address": mutualTLS.address.description,
            "lab_address": lab.address.description,
        ])
        let published = EndpointTable(endpoints: publicEndpoints, board: board)
        let loopback = EndpointTable(endpoints: publicEndpoints + LabEndpoints(mint: mint, board: board).endpoints, board: board)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await open.serve(published) }
            group.addTask { try await mutualTLS.serve(EndpointTable(endpoints: publicEndpoints, board: board, listener: "mtls")) }
            group.addTask { try await lab.serve(loopback) }
            try await group.waitForAll()
        }
    }

    /// They are everywhere, but only the mutual-TLS listener can give one a certificate to see.
    private var publicEndpoints: [Endpoint] {
        let token = TokenEndpoint(
            authenticator: authenticator, audiences: metadata.audiences(TokenEndpoint.path), mint: mint, refreshTokens: refreshTokens)
        let introspection = IntrospectionEndpoint(
            authenticator: authenticator, audiences: metadata.audiences(IntrospectionEndpoint.path), mint: mint, board: board)
        let revocation = RevocationEndpoint(
            authenticator: authenticator, audiences: metadata.audiences(RevocationEndpoint.path), mint: mint)
        return metadata.paths.map { path in Endpoint("metadata", .GET, path) { _ in try .json(metadata.document) } } + [
            Endpoint("jwks", .GET, "/jwks") { _ in try .json(mint.ring.keySet, headers: [("Cache-Control", "max-age=300")]) },
            Endpoint("token", .POST, TokenEndpoint.path) { try await token.answer($0) },
            Endpoint("introspect", .POST, IntrospectionEndpoint.path) { try await introspection.answer($0) },
            Endpoint("revoke", .POST, RevocationEndpoint.path) { try await revocation.answer($0) },
        ]
    }
}
