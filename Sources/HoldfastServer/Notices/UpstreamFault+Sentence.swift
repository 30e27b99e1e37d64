import ProxyEngine

extension UpstreamFault {
    /// In plain words for people, with the code for machines: `upstream unreachable: it refuses connections (connection_refused)`.
    var sentence: String {
        let what = reason.split(separator: "_").joined(separator: " ")
        return Self.words[cause].map { "\(what): \($0) (\(cause))" } ?? "\(what): \(cause)"
    }

    /// What can go wrong before a request is sent.
    private static let words = [
        "connection_refused": "it refuses connections",
        "socket_missing": "its socket does not exist",
        "permission_denied": "its socket may not be opened by this user",
        "backlog_full": "it does not accept the connections that wait for it",
        "descriptors_exhausted": "no descriptor is left for a connection",
        "ports_exhausted": "no port is left for a connection",
        "no_route": "there is no way to its address",
        "name_not_found": "its name has no address",
        "connect_timeout": "it does not answer",
        "handshake_timeout": "it does not finish the TLS handshake",
        "closed_in_handshake": "it closes connections in the TLS handshake",
        "closed_early": "it closes connections before a request is sent",
        "reset": "it resets connections",
        "status_unexpected": "it answers its health check with another status",
        "no_progress": "it does not answer its health check",
        "not_tls": "it does not speak TLS",
        "protocol_version": "it speaks no version of TLS that we do",
        "handshake_refused": "it refuses the TLS handshake",
        "no_application_protocol": "it does not agree to HTTP/2 in the TLS handshake",
        "not_http2": "it answers HTTP/2 with HTTP/1.1",
        "server_name_unknown": "it does not know the server name",
        "client_certificate_required": "it demands a client certificate, and none is configured",
        "client_certificate_refused": "it refuses our client certificate",
        "cert_expired": "its certificate has expired",
        "cert_not_yet_valid": "its certificate is not valid yet",
        "cert_untrusted": "its certificate is of no authority that is trusted",
        "cert_wrong_name": "its certificate is for another name",
        "cert_wrong_usage": "its certificate is not for servers",
        "cert_weak": "its certificate has too weak a key",
        "cert_malformed": "its certificate cannot be read",
    ]
}
