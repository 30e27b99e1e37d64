package import HTTPWire
import NIOCore
import NIOPosix
import NIOSSL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What an upstream did wrong: a reason code, which is the answer's, and the precise cause, which is for the log and the metrics alone.
///
/// Both are from closed sets of ours: nothing that a peer sent is in them.
package struct UpstreamFault: Error, Equatable, Hashable, Sendable {
    /// The raw value is the reason code in the log, the metric and the answer.
    package enum Kind: String, Sendable, CaseIterable {
        case unreachable = "upstream_unreachable"
        case untrusted = "upstream_untrusted"
        case connectTimeout = "upstream_connect_timeout"
        case timeout = "upstream_timeout"
        case nonsense = "upstream_nonsense"
        case closed = "upstream_closed"
        case saturated = "upstream_saturated"
    }

    package let kind: Kind
    package let cause: String

    private init(_ kind: Kind, _ cause: String) {
        self.kind = kind
        self.cause = cause
    }

    package var reason: String { kind.rawValue }

    /// Of this system, and no address's: descriptors or ports that are used up.
    package var isOurs: Bool { cause == "descriptors_exhausted" || cause == "ports_exhausted" }

    /// The status the client sees (decision table C, DT-11).
    package var status: Int {
        switch kind {
        case .unreachable, .untrusted, .nonsense, .closed: 502
        case .connectTimeout, .timeout: 504
        case .saturated: 503
        }
    }
}

extension UpstreamFault {
    package static let timeout = UpstreamFault(.timeout, "no_progress")
    package static let connectTimeout = UpstreamFault(.connectTimeout, "connect_timeout")
    package static let handshakeTimeout = UpstreamFault(.connectTimeout, "handshake_timeout")
    /// Every connection there may be is in use, and none became free in time.
    package static let saturated = UpstreamFault(.saturated, "connections_in_use")
    /// This client's share of the connections is in use.
    package static let shareInUse = UpstreamFault(.saturated, "client_share_in_use")
    /// Requests that wait for a connection hold as much memory as they may.
    package static let waitingFull = UpstreamFault(.saturated, "waiting_full")
    /// It answers its health check, and not as it should.
    package static let unhealthy = UpstreamFault(.unreachable, "status_unexpected")
    package static let closed = UpstreamFault(.closed, "closed_early")
    package static let reset = UpstreamFault(.closed, "reset")
    package static let tooManyInterim = UpstreamFault(.nonsense, "interim_responses_excessive")
    package static let unaskedUpgrade = UpstreamFault(.nonsense, "upgrade_unasked")

    /// 101 that names another protocol than the one offered, or does not prove that the request was read.
    package static let wrongUpgrade = UpstreamFault(.nonsense, "upgrade_wrong")

    /// An answer of success to a request for a tunnel over HTTP/2, and none to be had of it.
    package static let unaskedTunnel = UpstreamFault(.nonsense, "tunnel_not_opened")

    /// A message that the parser refuses.
    package static func nonsense(_ fault: WireFault) -> UpstreamFault { UpstreamFault(.nonsense, fault.rawValue) }

    /// What is no HTTP/2, or breaks its rules.
    package static func nonsense(_ fault: HTTP2Fault) -> UpstreamFault { UpstreamFault(.nonsense, "h2_" + fault.rawValue) }

    /// The preface of HTTP/2 was answered in HTTP/1.1.
    package static let notHTTP2 = UpstreamFault(.nonsense, "not_http2")
    /// It wants this request in HTTP/1.1.
    package static let http11Required = UpstreamFault(.nonsense, "http11_required")
    /// It has not looked at a request, and says so.
    package static let streamRefused = UpstreamFault(.closed, "stream_refused")
    /// No protocol was agreed by ALPN, or another one.
    package static let protocolNotAgreed = UpstreamFault(.untrusted, "no_application_protocol")

    /// A certificate that is not taken.
    /// - Parameter cause: a code of ours, such as `cert_expired`.
    package static func untrusted(_ cause: String) -> UpstreamFault { UpstreamFault(.untrusted, cause) }

    /// From a connection that could not be opened.
    package init(connecting error: any Error) {
        switch error {
        case let fault as UpstreamFault: self = fault
        case ChannelError.connectTimeout: self = .connectTimeout
        case let error as NIOConnectionError: self = Self.of(error)
        case let error as IOError where error.errnoCode == EAGAIN: self = UpstreamFault(.connectTimeout, "backlog_full")
        case let error as IOError: self = UpstreamFault(.unreachable, Self.cause(of: error))
        case let error as NIOSSLError: self = TLSTrouble.fault(of: error)
        case let error as BoringSSLError: self = TLSTrouble.fault(of: error)
        default: self = UpstreamFault(.unreachable, "connection_failed")
        }
    }

    /// From a connection that was lost: over TLS, an alert tells why.
    package init(losing error: any Error) {
        switch error {
        case let fault as UpstreamFault: self = fault
        case NIOSSLError.uncleanShutdown: self = .closed
        case let error as IOError where error.errnoCode == ECONNRESET || error.errnoCode == EPIPE: self = .reset
        case is IOError: self = .closed
        case let error as NIOSSLError: self = TLSTrouble.fault(of: error)
        case let error as BoringSSLError: self = TLSTrouble.fault(of: error)
        default: self = .closed
        }
    }

    private static func of(_ error: NIOConnectionError) -> UpstreamFault {
        let attempts = error.connectionErrors.map(\.error)
        if attempts.contains(where: { if case ChannelError.connectTimeout = $0 { true } else { false } }) { return .connectTimeout }
        if let attempt = attempts.lazy.compactMap({ $0 as? IOError }).first { return UpstreamFault(.unreachable, cause(of: attempt)) }
        if attempts.isEmpty, error.dnsAError != nil || error.dnsAAAAError != nil { return UpstreamFault(.unreachable, "name_not_found") }
        return UpstreamFault(.unreachable, "connection_failed")
    }

    private static func cause(of error: IOError) -> String {
        switch error.errnoCode {
        case ECONNREFUSED: "connection_refused"
        case ENOENT: "socket_missing"
        case EACCES, EPERM: "permission_denied"
        case EMFILE, ENFILE: "descriptors_exhausted"
        case EADDRNOTAVAIL: "ports_exhausted"
        case ENETUNREACH, EHOSTUNREACH: "no_route"
        case ECONNRESET: "reset"
        case ETIMEDOUT: "connect_timeout"
        default: "connection_failed"
        }
    }
}

/// What BoringSSL's errors say of the other end. They have no codes that Swift could read, only stable names in their description.
private enum TLSTrouble {
    static func fault(of error: some Error) -> UpstreamFault {
        let text = String(describing: error)
        let known = causes.first { text.contains($0.name) }
        return known?.fault ?? .untrusted("tls_failed")
    }

    private static let causes: [(name: String, fault: UpstreamFault)] = [
        ("CERTIFICATE_VERIFY_FAILED", .untrusted("cert_not_accepted")),
        ("WRONG_VERSION_NUMBER", .untrusted("not_tls")), ("HTTP_REQUEST", .untrusted("not_tls")), ("HTTPS_PROXY_REQUEST", .untrusted("not_tls")),
        ("UNEXPECTED_RECORD", .untrusted("not_tls")), ("INVALID_OUTER_RECORD_TYPE", .untrusted("not_tls")),
        ("UNSUPPORTED_PROTOCOL", .untrusted("protocol_version")), ("PROTOCOL_VERSION", .untrusted("protocol_version")),
        ("CERTIFICATE_REQUIRED", .untrusted("client_certificate_required")),
        ("ALERT_UNKNOWN_CA", .untrusted("client_certificate_refused")), ("ALERT_BAD_CERTIFICATE", .untrusted("client_certificate_refused")),
        ("ALERT_CERTIFICATE", .untrusted("client_certificate_refused")), ("ALERT_ACCESS_DENIED", .untrusted("client_certificate_refused")),
        ("ALERT_UNSUPPORTED_CERTIFICATE", .untrusted("client_certificate_refused")),
        ("ALERT_UNRECOGNIZED_NAME", .untrusted("server_name_unknown")),
        ("NO_APPLICATION_PROTOCOL", .untrusted("no_application_protocol")),
        ("HANDSHAKE_FAILURE", .untrusted("handshake_refused")), ("INSUFFICIENT_SECURITY", .untrusted("handshake_refused")),
        ("eofDuringHandshake", UpstreamFault.closedInHandshake),
    ]
}

extension UpstreamFault {
    fileprivate static let closedInHandshake = UpstreamFault(.unreachable, "closed_in_handshake")
}
