import BindingPolicy
import ClientIdentity

extension HandshakeFault {
    /// What a request on a connection is refused for that would not be let in any more.
    var denial: DenialReason {
        switch self {
        case .certificateMissing: .certificateMissing
        case .certificateRefused(.expired): .certificateExpired
        case .certificateRefused(.notYetValid): .certificateNotYetValid
        case .certificateRefused(.revoked): .certificateRevoked
        case .certificateRefused(.listMissing): .revocationListMissing
        case .certificateRefused(.listStale): .revocationListStale
        case .certificateRefused: .certificateUntrusted
        }
    }
}
