import ArgumentParser

/// Why a certificate is not to be trusted any more (RFC 5280 section 5.3.1), as OpenSSL spells it.
enum RevocationReason: String, CaseIterable, ExpressibleByArgument, Sendable {
    case unspecified
    case keyCompromise
    case caCompromise = "CACompromise"
    case affiliationChanged
    case superseded
    case cessationOfOperation
    case certificateHold
    case privilegeWithdrawn
    case aaCompromise = "AACompromise"

    var code: UInt8 {
        switch self {
        case .unspecified: 0
        case .keyCompromise: 1
        case .caCompromise: 2
        case .affiliationChanged: 3
        case .superseded: 4
        case .cessationOfOperation: 5
        case .certificateHold: 6
        case .privilegeWithdrawn: 9
        case .aaCompromise: 10
        }
    }
}
