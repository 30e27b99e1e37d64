import BindingPolicy
import SwiftASN1
import Testing
import X509

@testable import ClientIdentity

@Suite("X.509-SVIDs: who stands for a workload (X509-SVID section 5)")
struct SVIDTests {
    private let root: TestCertificate

    init() throws { root = try .authority() }

    private func fault(
        _ uris: [String], isAuthority: Bool = false, usage: KeyUsage? = KeyUsage(digitalSignature: true), in domain: String = "example.org"
    ) throws -> PathFault? {
        var extensions = Certificate.Extensions()
        if isAuthority { try extensions.append(Certificate.Extension(BasicConstraints.isCertificateAuthority(maxPathLength: nil), critical: true)) }
        if let usage { try extensions.append(Certificate.Extension(usage, critical: true)) }
        try extensions.append(Certificate.Extension(ExtendedKeyUsage([.clientAuth, .serverAuth]), critical: false))
        if !uris.isEmpty {
            try extensions.append(Certificate.Extension(SubjectAlternativeNames(uris.map { .uniformResourceIdentifier($0) }), critical: false))
        }
        let leaf = try root.issue("workload", extensions: extensions)
        let authenticator = ClientAuthenticator(.spiffe(try CertificatePathValidator(trusting: root), trustDomain: domain), readsFacts: true)
        switch authenticator.verifyHandshake(chain: try leaf.chain(), now: testNow) {
        case .success(let identity):
            #expect(identity.peer.certificate?.spiffeID?.text == uris.first)
            return nil
        case .failure(.certificateRefused(let fault)): return fault
        case .failure: return .malformed
        }
    }

    private static let id = "spiffe://example.org/billing"

    @Test("A workload has one id of the trust domain, with a path, and issues nothing")
    func rules() throws {
        #expect(try fault([Self.id]) == nil && fault([Self.id], usage: nil) == nil)
        #expect(try fault(["spiffe://example.org/a/b/..."]) == nil)
        #expect(try fault([]) == .notSVID(.notOneURI) && fault([Self.id, "https://a/"]) == .notSVID(.notOneURI))
        #expect(try fault([Self.id, Self.id]) == .notSVID(.notOneURI))
        for bad in [
            "https://example.org/billing", "SPIFFE://example.org/billing", "spiffe://example.org/billing/", "spiffe://example.org//a",
            "spiffe://example.org/a/../b", "spiffe://example.org:1/a", "spiffe://example.org/a?b", "spiffe://Example.org/a",
        ] { #expect(try fault([bad]) == .notSVID(.notAnID), "\(bad)") }
        #expect(try fault(["spiffe://other.org/billing"]) == .notSVID(.otherTrustDomain))
        #expect(try fault(["spiffe://example.org.evil/billing"]) == .notSVID(.otherTrustDomain))
        #expect(try fault(["spiffe://example.org"]) == .notSVID(.noPath))
        #expect(try fault([Self.id], isAuthority: true) == .notSVID(.isAuthority))
        #expect(try fault([Self.id], usage: KeyUsage(digitalSignature: true, keyCertSign: true)) == .notSVID(.mayIssue))
        #expect(try fault([Self.id], usage: KeyUsage(digitalSignature: true, cRLSign: true)) == .notSVID(.mayIssue))
    }

    @Test("The path comes first: a stranger's id is nobody's word")
    func path() throws {
        let stranger = try TestCertificate.authority().issue("workload")
        let authenticator = ClientAuthenticator(.spiffe(try CertificatePathValidator(trusting: root), trustDomain: "example.org"))
        #expect(authenticator.verifyHandshake(chain: try stranger.chain(), now: testNow).map(\.peer) == .failure(.certificateRefused(.untrusted)))
    }

    @Test("Each rule has its own words, and all have one code")
    func words() {
        let faults = SVIDFault.allCases.map(PathFault.notSVID)
        #expect(Set(faults.map(\.meaning)).count == faults.count && Set(faults.map(\.code)) == ["svid_invalid"])
    }

    @Test("A bundle's certificates are authorities, or it is told which is not")
    func bundle() throws {
        let leaf = try root.issue("workload")
        #expect(try TrustAnchors([root.der], of: "bundle").certificates == [root.der])
        #expect(throws: (any Error).self) { try TrustAnchors([root.der, leaf.der], of: "bundle") }
        #expect(throws: (any Error).self) { try TrustAnchors([[1, 2, 3]], of: "bundle") }
    }
}
