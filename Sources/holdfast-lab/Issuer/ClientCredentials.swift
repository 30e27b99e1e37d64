import Foundation
import NIOHTTP1
import NIOSSL
import SwiftASN1
import X509

/// What a request shows of its client, by one method only (RFC 6749 section 2.3).
enum ClientCredentials: Sendable {
    /// RFC 8705 section 2.
    case certificate(id: String, chain: [Certificate])
    /// RFC 7523 section 2.2.
    case assertion(ClientAssertion)
    /// RFC 6749 section 2.3.1.
    case secret(id: String, secret: String)

    init(_ request: LabRequest, _ form: FormBody) throws {
        if let field = request.headers["Authorization"].first {
            guard form["client_assertion"] == nil else {
                throw EndpointRefusal.badRequest("invalid_request", "more than one way of authenticating")
            }
            self = try Self.basic(field, form)
        } else if let text = form["client_assertion"] {
            guard form["client_assertion_type"] == ClientAssertion.type, let assertion = ClientAssertion(text),
                form["client_id"] ?? assertion.client == assertion.client
            else { throw EndpointRefusal.invalidClient("not an assertion of one client") }
            self = .assertion(assertion)
        } else {
            guard let id = form["client_id"] else { throw EndpointRefusal.invalidClient("nothing says which client asks") }
            let chain = try request.clientChain.map { try Certificate(derEncoded: $0.toDERBytes()) }
            guard !chain.isEmpty else { throw EndpointRefusal.invalidClient("no certificate; see mtls_endpoint_aliases") }
            self = .certificate(id: id, chain: chain)
        }
    }

    /// The id and the secret are each encoded as a form's values are before they are joined.
    private static func basic(_ field: String, _ form: FormBody) throws -> ClientCredentials {
        let words = field.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].lowercased() == "basic", let octets = Data(base64Encoded: String(words[1])) else {
            throw EndpointRefusal.invalidClient("not Basic credentials")
        }
        let pair = String(decoding: octets, as: UTF8.self).split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard pair.count == 2, let id = FormBody.decode(pair[0]), let secret = FormBody.decode(pair[1]), form["client_id"] ?? id == id else {
            throw EndpointRefusal.invalidClient("not the credentials of one client")
        }
        return .secret(id: id, secret: secret)
    }
}
