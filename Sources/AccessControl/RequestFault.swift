/// Why a request is refused before its route is known: never merely reported, and no better credentials would help.
package enum RequestFault: Sendable, CaseIterable {
    case methodMiscased
    case methodRefused
    case loop
    /// HTTP/1.0 without a host, where the hosts that are served are listed.
    case hostMissing
    case misdirected
    /// A host that is served, under another of the listener's identities than the connection was made for.
    case otherConnection
    /// Of the resource's metadata.
    case documentReadOnly
    case interactionIDMissing

    /// The same in the log, the metric and `explain`. Codes are added to, never renamed.
    package var code: String {
        switch self {
        case .methodMiscased: "method_miscased"
        case .methodRefused, .documentReadOnly: "method_not_allowed"
        case .loop: "via_loop"
        case .hostMissing: "host_missing"
        case .misdirected: "host_not_served"
        case .otherConnection: "host_of_other_connection"
        case .interactionIDMissing: "interaction_id_missing"
        }
    }

    package var status: Int {
        switch self {
        case .methodMiscased: 501
        case .methodRefused, .documentReadOnly: 405
        case .loop: 508
        case .misdirected, .otherConnection: 421
        case .hostMissing, .interactionIDMissing: 400
        }
    }

    /// One sentence, without a character that JSON would have to escape.
    package var explanation: String {
        switch self {
        case .methodMiscased: "Methods are case-sensitive, and this one is known in another case."
        case .methodRefused: "TRACE and CONNECT are not served here."
        case .loop: "The request has been through this gateway before."
        case .hostMissing: "The request names no host, and only some hosts are served here."
        case .misdirected: "The host that was asked for is not served here."
        case .otherConnection: "This connection was made for another host. Make a new one, whose TLS names the host that is asked for."
        case .documentReadOnly: "This document can only be read."
        case .interactionIDMissing: "The request needs one x-fapi-interaction-id, a UUID."
        }
    }

    /// For `Allow`.
    package var allowedMethods: String? {
        switch self {
        case .methodRefused: "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS"
        case .documentReadOnly: "GET, HEAD"
        case .methodMiscased, .loop, .hostMissing, .misdirected, .otherConnection, .interactionIDMissing: nil
        }
    }
}
