import NIOHTTP1

/// Endpoints that no authorization server has: tokens as a test wants them, faults, rotation. On the loopback listener only.
struct LabEndpoints: Sendable {
    let mint: AccessTokenMint
    let board: FaultBoard

    /// What a token is to be; everything left out is as the token endpoint would make it for `client-a`, but bound to nothing.
    private struct Order: Decodable {
        let alg: SigningAlgorithm?
        let claims: [String: JSONValue]?
        let header: [String: JSONValue]?
        /// `none` or an `x5t#S256`.
        let bind: String?
        /// Seconds; below zero for a token that has expired.
        let expiresIn: Int?
        /// Signed by a key that is not published, under the name of one that is.
        let foreignKey: Bool?

        private enum CodingKeys: String, CodingKey {
            case alg, claims, header, bind
            case expiresIn = "expires_in"
            case foreignKey = "foreign_key"
        }
    }

    var endpoints: [Endpoint] {
        [
            Endpoint("lab", .POST, "/lab/token") { try token($0) },
            Endpoint("lab", .POST, "/lab/rotate") { request in
                try mint.ring.rotate(droppingOld: request.query == "drop=old")
                return try .json(mint.ring.keySet)
            },
            Endpoint("lab", .GET, "/lab/counts") { _ in try .json(board.visits) },
            Endpoint("lab", .POST, "/lab/faults") { request in
                board.set(try request.json([String: FaultBoard.Fault].self))
                return try .json([String: String]())
            },
        ]
    }

    private func token(_ request: LabRequest) throws -> LabResponse {
        let order = try request.json(Order.self)
        let named = try mint.ring.signer(order.alg)
        let key = order.foreignKey == true ? try mint.ring.foreign(named.algorithm) : named
        let usual = mint.claims(
            client: "client-a", scope: "accounts:read payments:write", audience: mint.audiences.first ?? "",
            thumbprint: order.bind == "none" ? nil : order.bind, expiresIn: order.expiresIn)
        let claims = usual.overridden(by: order.claims ?? [:])
        return try .json(["access_token": try mint.sign(claims, with: key, kid: named.kid, header: order.header ?? [:])])
    }
}
