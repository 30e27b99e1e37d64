/// What the rules of each ecosystem come to here.
extension HoldfastConfiguration.Profile {
    /// The algorithms that it allows, and that count where the file names none.
    var algorithms: [HoldfastConfiguration.Algorithm] {
        switch self {
        case .fapi2: [.es256, .ps256, .edDSA]
        case .fapi1, .uk, .brazil, .cdr: [.ps256, .es256]
        }
    }

    var algorithmRule: String {
        switch self {
        case .fapi2: "FAPI 2.0 section 5.4.1"
        case .fapi1, .uk, .brazil, .cdr: "FAPI 1.0 Advanced section 8.6"
        }
    }

    /// Where it says that revoked tokens are to be refused.
    var revocationRule: String {
        switch self {
        case .fapi2: "FAPI 2.0 section 5.3.4"
        case .fapi1, .uk, .brazil, .cdr: "FAPI 1.0 Baseline section 6.2.1"
        }
    }

    /// FAPI 1.0 Advanced section 8.5, on which the national profiles stand.
    var onlyRSASuites: Bool { self != .fapi2 }

    /// Open Finance Brasil turns it off.
    var resumption: Bool { self != .brazil }

    /// What it allows to be done with `x-fapi-interaction-id`; the first is the default.
    var interactionIDs: [HoldfastConfiguration.InteractionID] {
        switch self {
        // FAPI 2.0 left the field to the ecosystems.
        case .fapi2: [.pass, .echo, .require]
        case .fapi1, .uk, .cdr: [.echo, .require]
        case .brazil: [.require]
        }
    }

    var errorBody: HoldfastConfiguration.ErrorBody {
        switch self {
        case .fapi2, .fapi1: .problem
        case .uk: .uk
        case .brazil: .brazil
        case .cdr: .cdr
        }
    }

    /// The longest time after its `exp` for which a token may be taken.
    static let maximumLeeway = Duration.seconds(60)
}
