import BindingPolicy
import ClientIdentity
import ProxyEngine

extension HandshakeFault {
    /// What a request on a connection is refused for that would not be let in any more.
    var denial: DenialReason {
        switch self {
        case .certificateMissing: .certificateMissing
        case .certificateRefused(.expired): .certificateExpired
        case .certificateRefused(.notYetValid): .certificateNotYetValid
        case .certificateRefused(.denied): .certificateDenied
        case .certificateRefused(.unregistered): .clientUnknown
        case .certificateRefused(.ambiguousClient): .clientAmbiguous
        case .certificateRefused(.revoked): .certificateRevoked
        case .certificateRefused(.listMissing): .revocationListMissing
        case .certificateRefused(.listStale): .revocationListStale
        case .certificateRefused(.statusUnknown): .certificateStatusUnknown
        case .certificateRefused(.statusUnavailable): .certificateStatusUnavailable
        case .certificateRefused: .certificateUntrusted
        }
    }

    /// Seconds after which a live connection may be accepted again by itself: responders answer differently without anything changing here.
    var durability: Double {
        switch self {
        case .certificateRefused(.statusUnavailable): 5
        case .certificateRefused(.statusUnknown), .certificateRefused(.revoked): 30
        default: .infinity
        }
    }

    /// - Parameter certificate: DER.
    func refusal(of certificate: [UInt8]?) -> GateRefusal { GateRefusal(code: code, meaning: meaning, certificate: certificate) }
}
