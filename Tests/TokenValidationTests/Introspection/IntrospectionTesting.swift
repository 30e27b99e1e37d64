// swift-format-ignore-file: NeverForceUnwrap

import BindingPolicy
import Credentials
import Foundation
import HTTPWire
import Testing
import TokenValidation

import class NIOSSL.NIOSSLCertificate

/// Of a client, by number.
func thumbprint(_ number: Int) -> Thumbprint {
    Thumbprint(digest: (0..<32).map { UInt8(truncatingIfNeeded: number >> (8 * min($0, 3))) })!
}

/// A URL that a test knows to be one.
func url(_ text: String) -> HTTPURL {
    do { return try HTTPURL(text) } catch { fatalError("\(text): \(error)") }
}

func digest(_ text: String) -> VerdictCache.Digest { Array(text.utf8).withUnsafeBytes { VerdictCache.Digest($0) } }

extension IssuerPolicy {
    /// `TokenMint.issuer`, asked about tokens.
    static func introspecting(
        prefix: String? = nil, issuer: String = TokenMint.issuer, verifiesJWTs: Bool = false, claimNames: [ClaimName] = [], leeway: Double = 0,
        scopeClaims: [String] = ["scope"], asksAboutJWTs: Bool = true, needsAudience: Bool = true
    ) -> IssuerPolicy {
        IssuerPolicy(
            issuer: issuer, audiences: [TokenMint.audience], scopeClaims: scopeClaims, expiryLeeway: leeway, claimNames: claimNames,
            verifiesJWTs: verifiesJWTs,
            introspection: IntrospectionRule(
                tokenPrefix: prefix.map { Array($0.utf8) }, asksAboutJWTs: asksAboutJWTs, needsAudience: needsAudience))
    }
}

extension IntrospectionSettings {
    static func test(
        endpoint: String? = "https://as.example.com/introspect", discoveredFrom issuer: String? = nil, cache: Double = 30, timeout: Double = 3,
        maxConcurrent: Int = 64,
        signed: [SignatureAlgorithm]? = nil
    ) -> IntrospectionSettings {
        IntrospectionSettings(
            endpoint: issuer.map { .discovered(from: url($0)) } ?? endpoint.map { .url(url($0)) } ?? .discovered(from: url(TokenMint.issuer)),
            clientID: "gateway", cache: cache, timeout: timeout, maxConcurrent: maxConcurrent,
            signedResponse: signed != nil, responseAlgorithms: signed ?? [])
    }
}

/// A file of that content, which is removed again.
func withFile<R>(_ content: String, _ body: (String) throws -> R) throws -> R {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    try content.write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
}

func secret(_ text: String = "s3cret") throws -> ClientAuthentication {
    try withFile(text) { try .clientSecretBasic(secretFile: $0) }
}

/// By that certificate and its key.
func certified(_ pair: (pem: String, key: String)) throws -> ClientAuthentication {
    try withFile(pair.pem) { certificate in
        try withFile(pair.key) { .tlsClientAuth(try TLSIdentity(certificateFile: certificate, keyFile: $0)) }
    }
}

/// The certificates of PEM texts.
func certificates(_ pem: String...) throws -> [NIOSSLCertificate] {
    try pem.flatMap { text in try withFile(text) { try CertificateFile.read($0).map(\.forTLS) } }
}

extension Issuer {
    /// `TokenMint.issuer`, on its own.
    static let mint = Issuer(name: TokenMint.issuer, terms: TokenTerms(audiences: [TokenMint.audience], leeway: 0))
}

/// An active token, as an issuer would answer.
func activeToken(
    of issuer: Issuer = .mint, subject: String? = "user-1", expiresAt: Double = TokenMint.now + 300, notBefore: Double? = nil,
    audiences: [String] = [TokenMint.audience], scopes: [String] = [], confirmation: BindingPolicy.Confirmation = .absent, acr: String? = nil,
    authenticatedAt: Double? = nil, claims: ClaimValues = [:], namesAudience: Bool = true
) -> VerifiedToken {
    VerifiedToken(
        issuer: issuer, subject: subject, clientID: nil, expiresAt: expiresAt, notBefore: notBefore,
        audiences: audiences, scopes: scopes, confirmation: confirmation, acr: acr, authenticatedAt: authenticatedAt, claims: claims,
        namesAudience: namesAudience)
}

extension VerifiedToken {
    /// The same, as `issuer` says it.
    func said(by issuer: Issuer) -> VerifiedToken {
        VerifiedToken(
            issuer: issuer, subject: subject, clientID: clientID, expiresAt: expiresAt, notBefore: notBefore, audiences: audiences,
            scopes: scopes, confirmation: confirmation, acr: acr, authenticatedAt: authenticatedAt, claims: claims, namesAudience: namesAudience)
    }
}

extension TokenAuthenticator {
    /// - Parameter index: the issuer's, in the order in which they were given.
    mutating func replaceKeys(_ keys: KeySet?, ofIssuerAt index: Int) { replaceKeys(keys, of: verifier.issuers[index]) }

    /// The issuer's place, in the order in which they were given.
    func place(of inquiry: Inquiry?) -> Int? { verifier.issuers.firstIndex { $0 === inquiry?.issuer } }

    mutating func authenticate(_ token: String, now: Double = TokenMint.now) -> TokenFinding {
        let octets = Array(token.utf8)
        return octets.withUnsafeBytes { authenticate($0, now: now) }
    }

    /// What is to be asked about the token; nil where it is judged without.
    mutating func inquiry(_ token: String, now: Double = TokenMint.now) -> Inquiry? {
        if case .unknown(let inquiry) = authenticate(token, now: now) { inquiry } else { nil }
    }

    mutating func asked(_ token: String) throws -> Inquiry {
        let inquiry = inquiry(token)
        return try #require(inquiry)
    }

    mutating func refusal(of token: String) -> DenialReason? {
        if case .refused(let refusal) = authenticate(token) { refusal.reason } else { nil }
    }
}

/// What BindingPolicy says of a token, shown by the holder of `TokenMint.thumbprint` or another.
func refusal(
    of token: VerifiedToken, shownBy thumbprint: String = TokenMint.thumbprint, now: Double = TokenMint.now
) -> DenialReason? {
    let decision = RoutePolicy.boundToken.decide(
        token, shownBy: Thumbprint(base64url: thumbprint), now: now)
    if case .deny(let denial) = decision { return denial.reason }
    return nil
}

extension IntrospectionState {
    /// - Parameter client: its number.
    mutating func wait(_ token: String, now: Double = 0, by client: Int = 0) throws -> (ticket: Ticket, ask: Question?) {
        let looked = lookUp(digest(token), Array(token.utf8), for: thumbprint(client), now: now, date: TokenMint.now)
        guard case .waits(let ticket, let ask) = looked else {
            Issue.record("\(looked)")
            throw TokenRefusal(.introspectionUnavailable)
        }
        return (ticket, ask)
    }

    mutating func ask(_ token: String, now: Double = 0, by client: Int = 0) throws -> Question {
        let ask = try wait(token, now: now, by: client).ask
        return try #require(ask)
    }

    mutating func answer(_ token: String, date: Double) -> IntrospectionAnswer? {
        let known = lookUp(digest(token), Array(token.utf8), now: 0, date: date)
        switch known {
        case .answered(let answer): return answer
        case .waits(let ticket, _):
            _ = abandon(ticket, now: 0)
            return nil
        case .failed: return nil
        }
    }

    mutating func failure(
        _ token: String, now: Double = 0, date: Double = TokenMint.now, by client: Int = 0
    ) -> IntrospectionFailure? {
        let looked = lookUp(digest(token), Array(token.utf8), for: thumbprint(client), now: now, date: date)
        switch looked {
        case .failed(let failure): return failure
        case .answered: return nil
        case .waits(let ticket, _):
            _ = abandon(ticket, now: now)
            return nil
        }
    }
}
