import Foundation
import NIOHTTP1

/// Says what a token is to resource servers (RFC 7662), signed for those that ask for it so (RFC 9701).
struct IntrospectionEndpoint: Sendable {
    static let path = "/introspect"
    private static let signedType = "token-introspection+jwt"

    let authenticator: ClientAuthenticator
    /// What assertions may be addressed to.
    let audiences: [String]
    let mint: AccessTokenMint
    let board: FaultBoard

    func answer(_ request: LabRequest) async throws -> LabResponse {
        try await EndpointRefusal.answering(request) { form in
            let credentials = try ClientCredentials(request, form)
            guard let client = await authenticator.authenticate(credentials, audiences: audiences), client.scope == nil else {
                throw EndpointRefusal.invalidClient("not a resource server by what it is registered for")
            }
            board.count("introspect_\(client.method.rawValue)")
            guard let token = form["token"] else { throw EndpointRefusal.badRequest("invalid_request", "token is missing") }
            let document = try mint.issued.document(of: token) ?? ["active": .bool(false)]
            guard request.headers[canonicalForm: "Accept"].contains(where: { $0.lowercased().hasPrefix("application/" + Self.signedType) })
            else { return try .json(document) }
            return LabResponse(.ok, type: "application/" + Self.signedType, text: try signed(document, for: client, request.fault))
        }
    }

    /// RFC 9701 section 5.
    private func signed(_ document: [String: JSONValue], for client: RegisteredClient, _ fault: Fault) throws -> String {
        let order = fault.jwt
        let claims: [String: JSONValue] = [
            "iss": .string(mint.issuer), "aud": .string(client.id), "iat": .integer(Int(Date.now.timeIntervalSince1970)),
            "token_introspection": .object(document.overridden(by: fault.members ?? [:])),
        ]
        let named = try mint.ring.signer(order?.alg)
        let key = order?.foreignKey == true ? try mint.ring.foreign(named.algorithm) : named
        return try mint.sign(
            claims.overridden(by: order?.claims ?? [:]), with: key, kid: named.kid,
            header: ["typ": .string(Self.signedType)].merging(order?.header ?? [:]) { $1 })
    }
}
