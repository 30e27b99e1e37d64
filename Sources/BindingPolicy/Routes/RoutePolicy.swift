/// What one route asks of a request.
///
/// A class, so that a request takes one reference to it instead of one to each list.
package final class RoutePolicy: Equatable, Sendable {
    package enum Requirement: String, CaseIterable, Sendable {
        /// A token bound to the certificate of the connection: the default, and the only one not called weaker.
        case boundToken = "bound-token"
        /// A client certificate that the listener accepts; no token is looked at.
        case certificate = "certificate"
        /// Neither: open to everybody who can connect.
        case nothing = "nothing"

        var strictness: Int {
            switch self {
            case .boundToken: 2
            case .certificate: 1
            case .nothing: 0
            }
        }
    }

    /// What a connection may go on with after a request. The raw value is the name of the protocol.
    package enum Upgrade: String, CaseIterable, Sendable { case webSocket = "websocket" }

    /// A claim that must be in the token.
    package struct Claim: Equatable, Sendable {
        package let name: ClaimName
        /// One of these; empty where it is enough that the claim is there.
        package let accepted: [String]
        /// One of the words of a text is enough (RFC 8693 section 4.2 writes lists so), not only the whole of it.
        package let isOfWords: Bool

        package init(name: ClaimName, accepted: [String], isOfWords: Bool = false) {
            self.name = name
            self.accepted = accepted
            self.isOfWords = isOfWords
        }
    }

    package let requirement: Requirement
    /// What the client's certificate must say of its holder; nil for nothing in particular.
    package let certificate: CertificateTerms?
    /// Every one of these must be in the token's `scope`.
    package let scopes: [String]
    /// At least one of these must be, where there are any.
    package let anyScope: [String]
    /// The names of the issuers that count here; nil for all of them.
    package let issuers: [String]?
    /// One of these must be in the token's `aud` besides what its issuer's tokens need, where there are any.
    package let audiences: [String]
    /// One of these must be the token's `acr`, where there are any (RFC 9470 section 4).
    package let acr: [String]
    /// Seconds that may have passed since the token's `auth_time` (RFC 9470 section 4).
    package let maximumAuthenticationAge: Double?
    package let claims: [Claim]
    /// Forwards what it would refuse, and says so.
    package let reportOnly: ReportOnly?
    /// Nil for HTTP and nothing else.
    package let upgrade: Upgrade?
    /// Where requests go.
    package let upstream: UpstreamName
    /// Octets of a request's body; nil for as many as anywhere.
    package let maxBody: Int?
    /// The pattern of its paths, for the record alone; empty where no route of the configuration matched.
    package let name: String

    package init(
        requirement: Requirement, certificate: CertificateTerms? = nil, scopes: [String] = [], anyScope: [String] = [], issuers: [String]? = nil,
        audiences: [String] = [],
        acr: [String] = [], maximumAuthenticationAge: Double? = nil, claims: [Claim] = [], reportOnly: ReportOnly? = nil,
        upgrade: Upgrade? = nil, upstream: UpstreamName = .default, maxBody: Int? = nil, name: String = ""
    ) {
        self.requirement = requirement
        self.certificate = certificate
        self.scopes = scopes
        self.anyScope = anyScope
        self.issuers = issuers
        self.audiences = audiences
        self.acr = acr
        self.maximumAuthenticationAge = maximumAuthenticationAge
        self.claims = claims
        self.reportOnly = reportOnly
        self.upgrade = upgrade
        self.upstream = upstream
        self.maxBody = maxBody
        self.name = name
    }

    package static func == (left: RoutePolicy, right: RoutePolicy) -> Bool {
        left.requirement == right.requirement && left.certificate == right.certificate && left.hasConditions(of: right)
            && left.reportOnly == right.reportOnly
            && left.upgrade == right.upgrade && left.upstream == right.upstream && left.maxBody == right.maxBody
    }

    /// Whether a bound token is enough, whatever it is for.
    var hasNoConditions: Bool { certificate == nil && hasConditions(of: .boundToken) }

    /// Whether the same is asked of a token, reported or not.
    func hasConditions(of other: RoutePolicy) -> Bool {
        scopes == other.scopes && anyScope == other.anyScope && issuers == other.issuers && audiences == other.audiences && acr == other.acr
            && maximumAuthenticationAge == other.maximumAuthenticationAge && claims == other.claims
    }

    /// What holds where no route is configured or none matches.
    package static let boundToken = RoutePolicy(requirement: .boundToken)
}
