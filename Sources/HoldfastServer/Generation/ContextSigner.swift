import BindingPolicy
import Credentials
import HoldfastConfiguration
import ProxyEngine
import TokenValidation

/// Signs what a request was let through by, for the upstream (`forward.context`): an API that holds the signature against our key can tell a
/// request that went past us, or was changed behind us.
struct ContextSigner: Sendable {
    /// Signs where the configuration names no key. Nobody else ever has it, and it ends with the process.
    private static let ephemeral = JWSSigner.random()

    /// `typ`, so that it is taken for no other token (RFC 8725 section 3.11).
    static let type = "holdfast-context+jwt"

    private let terms: HoldfastConfiguration.Forward.Context
    private let signer: JWSSigner
    private let header: String
    /// As a JSON Web Key.
    let publicKey: String

    /// Nil where its key cannot be used, which is noted among the mistakes.
    init?(_ terms: HoldfastConfiguration.Forward.Context, _ mistakes: inout MistakeCollector) {
        let signer: JWSSigner?
        if let file = terms.privateKey {
            signer = mistakes.loadSecret(file) { () throws(CredentialFault) in try Self.signer(file.path) }
        } else {
            signer = Self.ephemeral
        }
        guard let signer, let publicKey = signer.publicKey else { return nil }
        self.terms = terms
        self.signer = signer
        self.publicKey = publicKey
        header = signer.encodedHeader(Self.type, keyID: signer.keyID)
    }

    private static func signer(_ path: String) throws(CredentialFault) -> JWSSigner {
        guard let signer = JWSSigner(try PrivateKeyFile.readOne(path)), signer.publicKey != nil else {
            throw CredentialFault(path, "holds a key that cannot sign each request: P-256 and Ed25519 are taken")
        }
        return signer
    }

    /// The whole line; nothing where the key refuses to sign, which the upstream takes for a request that went past us.
    func line(of context: RequestContext) -> [UInt8] {
        guard let token = signer.sign(header: header, claims: claims(of: context)) else { return [] }
        return Array("\(terms.header): \(token)\r\n".utf8)
    }

    private func claims(of context: RequestContext) -> String {
        let now = Int64(context.now)
        var claims = #"{"iss":\#(JSONString.quoted(terms.issuer)),"iat":\#(now),"exp":\#(now + Int64(terms.lifetime.seconds))"#
        func add(_ name: String, _ value: String?) { if let value { claims += #","\#(name)":\#(JSONString.quoted(value))"# } }
        add("aud", terms.audience)
        add("method", context.method)
        add("path", context.path)
        if let thumbprint = context.peer.thumbprint { claims += #","cnf":{"x5t#S256":"\#(thumbprint.base64url)"}"# }
        add("client", context.peer.client?.id)
        if let token = context.permit.token {
            add("token_issuer", token.issuer.name)
            if case .string(let id)? = token.claims[.tokenID] { add("token_id", id) }
            add("client_id", token.clientID)
            add("sub", token.subject)
        }
        add("would_refuse", context.permit.wouldRefuse?.rawValue)
        return claims + "}"
    }
}
