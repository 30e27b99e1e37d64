import NIOHTTP1

/// Endpoints that no authorization server has: tokens as a test wants them, faults, rotation. On the loopback listener only.
struct LabEndpoints: Sendable {
    let mint: AccessTokenMint
    let board: FaultBoard

    /// What a token is to be; everything left out is as the token endpoint would make it for `client-a`, but bound to nothing.
    private struct Order: Decodable {
        let alg: SigningAlgorithm?
        /// Members written over the usual ones; null takes one away.
        let claims: [String: JSONValue]?
        let header: [String: JSONValue]?
        /// `none` or an `x5t#S256`.
        let bind: String?
        /// Seconds; below zero for a token that has expired.
        let expiresIn: Int?
        /// Signed by a key that is not published, under the name of one that is.
        let foreignKey: Bool?
        let opaque: Bool?
        /// The opaque token itself.
        let token: String?

        private enum CodingKeys: String, CodingKey {
            case alg, claims, header, bind, opaque, token
            case expiresIn = "expires_in"
            case foreignKey = "foreign_key"
        }
    }

    var endpoints: [Endpoint] {
        [
            Endpoint("lab", .POST, "/lab/token") { try .json(["access_token": try token($0.json(Order.self))]) },
            Endpoint("lab", .POST, "/lab/rotate") { request in
                try mint.ring.rotate(droppingOld: request.query == "drop=old")
                return try .json(mint.ring.keySet)
            },
            Endpoint("lab", .GET, "/lab/counts") { _ in try .json(board.counts) },
            Endpoint("lab", .GET, "/lab/last") { try .json(board.last($0.query)) },
            Endpoint("lab", .POST, "/lab/faults") { request in
                board.set(try request.json([String: Fault].self))
                return try .json([String: String]())
            },
        ]
    }

    private func token(_ order: Order) throws -> String {
        let usual = mint.claims(
            client: "client-a", scope: "accounts:read payments:write", audience: mint.audiences.first ?? "",
            thumbprint: order.bind == "none" ? nil : order.bind, expiresIn: order.expiresIn)
        let claims = usual.overridden(by: order.claims ?? [:])
        if order.opaque ?? (mint.format == .opaque) { return try mint.issueOpaque(claims, text: order.token) }
        let named = try mint.ring.signer(order.alg)
        let isForeign = order.foreignKey == true
        let token = try mint.sign(
            claims, with: isForeign ? try mint.ring.foreign(named.algorithm) : named, kid: named.kid, header: order.header ?? [:])
        if !isForeign { try mint.issued.record(token, claims) }
        return token
    }
}
