/// What a field is to us. Each name has one role; unknown names are `.plain` and pass (requirements FW-14).
package enum FieldRole: UInt8, CaseIterable, Sendable {
    case plain
    case host
    case contentLength
    case transferEncoding
    case connection
    case upgrade
    /// Meant for the next hop alone (RFC 9110 section 7.6.1), or dangerous further on (`Proxy`): never forwarded.
    case hopByHop
    case expect
    case contentType
    case authorization
    case cookie
    case maxForwards
    /// `Early-Data`: never removed, not even when Connection names it (RFC 8470 section 5.1).
    case earlyData
    case vary
    /// In requests it says who the client is, which only we may say: dropped and counted. Passes in responses.
    case identity
    /// Our own field or RFC 9440's: dropped in requests and counted, dropped in responses too.
    case trusted
    /// As `.identity`, but may stand only once.
    case proofOfPossession
    /// Passes; looked at to see whether the request has been here before (RFC 9110 section 7.6.3).
    case via
    /// Passes; a response without it gets ours (RFC 9110 section 6.6.1).
    case date
    /// `x-fapi-interaction-id`, where it is ours to manage: read, never forwarded as it came, in either direction.
    case interactionID
    /// `traceparent`, where it is ours to continue: read, written anew.
    case traceParent
    /// `tracestate`, likewise: passes beside a `traceparent` that is well formed.
    case traceState
}

/// A set of roles, a constant wherever it is written.
struct FieldRoles {
    private var bits: UInt32 = 0

    @inline(__always) func contains(_ role: FieldRole) -> Bool { bits &>> UInt32(role.rawValue) & 1 != 0 }
    @inline(__always) mutating func insert(_ role: FieldRole) { bits |= 1 &<< UInt32(role.rawValue) }
    @inline(__always) func with(_ role: FieldRole) -> FieldRoles {
        var more = self
        more.insert(role)
        return more
    }

    /// Pass on to the upstream unless Connection names them.
    static var forwardedInRequests: FieldRoles {
        FieldRoles().with(.plain).with(.contentType).with(.authorization).with(.cookie).with(.maxForwards).with(.earlyData)
            .with(.vary)
            .with(.via).with(.date)
    }

    /// Pass on to the client unless Connection names them. What would name an identity in a request is only information here.
    static var forwardedInResponses: FieldRoles {
        forwardedInRequests.with(.identity).with(.proofOfPossession).with(.host).with(.expect).with(.traceParent).with(.traceState)
    }

    /// Pass on to the client behind the content: nothing that HTTP itself would heed.
    static var forwardedInTrailers: FieldRoles { FieldRoles().with(.plain).with(.identity).with(.proofOfPossession) }

    /// Stay where they are although Connection names them: a client cannot make us send a request without them
    /// (requirements FW-03, CC-17, TLS-08).
    static var protectedFromConnection: FieldRoles {
        FieldRoles().with(.authorization).with(.cookie).with(.earlyData).with(.expect).with(.identity).with(.trusted)
            .with(.proofOfPossession)
    }

    /// May stand only once in a request (requirements FW-20); Authorization is counted and left to policy.
    static var singleInRequests: FieldRoles {
        FieldRoles().with(.host).with(.contentLength).with(.transferEncoding).with(.expect).with(.contentType).with(.maxForwards)
            .with(.proofOfPossession)
    }

    /// Decide where a message ends, or what of it passes: only under their very names, and a response's `Content_Length` is none.
    static var steering: FieldRoles { FieldRoles().with(.contentLength).with(.transferEncoding).with(.connection) }

    /// Identity fields: dropped in requests and counted, since whoever sends one wants to be taken for somebody.
    static var identityFields: FieldRoles { FieldRoles().with(.identity).with(.trusted).with(.proofOfPossession) }

    /// Harmless however they are spelled.
    static var harmless: FieldRoles { FieldRoles().with(.plain).with(.vary).with(.via).with(.date) }
}
