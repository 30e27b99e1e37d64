import BindingPolicy
import ClientIdentity
import Credentials
import Files
import HoldfastConfiguration
import NIOSSL
import TokenValidation

/// One issuer as the configuration has it, with every file for it read and understood.
struct IssuerPlan: Sendable {
    let configured: HoldfastConfiguration.TokenIssuer
    let policy: IssuerPolicy
    /// Nil where its tokens need no keys.
    let keySource: KeySetKeeper.Source?
    /// CAs for fetching from it, trusted besides the system's.
    let authorities: [NIOSSLCertificate]
    /// Nil where its keys are not in a file.
    let keyFile: KeySetReport?
    /// Nil where it is not asked about tokens.
    let introspection: IntrospectionPlan?
    /// Of the files that were read for it; those are what a name in the configuration stands for.
    private let contents: ContentDigest

    /// - Parameter questions: of introspection, at once, as configured or as many as there are descriptors for.
    init(
        _ issuer: HoldfastConfiguration.TokenIssuer, claimNames: [ClaimName], questions: Int, _ mistakes: inout MistakeCollector
    ) {
        configured = issuer
        contents = ContentDigest(of: issuer.namedFiles)
        policy = IssuerPolicy(issuer, claimNames: claimNames)
        let authorities = issuer.certificateAuthorities.flatMap { mistakes.loadAuthorities($0)?.forTLS } ?? []
        self.authorities = authorities
        keySource =
            switch issuer.keys {
            case .file(let file): .file(file.path)
            case .discovered(let url): .discovered(from: url)
            case .url(let url): .url(url)
            case .none: nil
            }
        if case .file(let file) = issuer.keys { keyFile = Self.report(onKeyFile: file, &mistakes) } else { keyFile = nil }
        introspection = issuer.introspection.flatMap {
            IntrospectionPlan($0, authorities: authorities, anyMediaType: issuer.keysMediaType == .any, maxConcurrent: questions, &mistakes)
        }
    }

    /// Whether this is the same issuer to all appearances: then what is known of it holds for both.
    func isAlike(_ other: IssuerPlan) -> Bool {
        configured == other.configured && policy.claimNames == other.policy.claimNames && contents == other.contents
            && introspection?.settings == other.introspection?.settings
    }

    /// Whether the keys of both come from the same place, by way of the same authorities.
    func hasKeysOf(_ other: IssuerPlan) -> Bool {
        configured.issuer == other.configured.issuer && keySource == other.keySource && keySource != nil
            && configured.keysMediaType == other.configured.keysMediaType && authorities == other.authorities
    }

    /// A key file is there at start or never: unlike an issuer that is down, it will not come back by itself.
    private static func report(onKeyFile path: LocatedPath, _ mistakes: inout MistakeCollector) -> KeySetReport? {
        var file = KeySetFile(path: path.path)
        do throws(KeySetKeeper.Fault) {
            return try file.keySet().report
        } catch {
            let problem: String =
                switch error {
                case .keySet(_, let fault): fault.words
                case .file(_, let fault): fault.problem
                case .fetch, .metadata: error.words
                }
            mistakes.add(path, "\(problem); write the content of the issuer's `jwks_uri` into it")
            return nil
        }
    }
}
