/// What the access log may say of a request. The set is closed: nothing of a request's fields, query or body is in it.
package enum AccessField: Int, CaseIterable, Sendable {
    case client, clientPort, thumbprint, registeredClient
    case tlsVersion, tlsResumed
    case method, path, version, route
    case issuer, clientID, subject, tokenIDHash, boundThumbprint
    case interactionID, traceID
    case upstream, upstreamAddress, upstreamTime
    case status, outcome, reason, cause, wouldRefuse
    case duration, bytesIn, bytesOut
    case generation

    /// Ours, in the configuration too.
    package var name: String { names.json }

    package func name(in format: LogFormat) -> String {
        switch format {
        case .json: names.json
        case .ecs: names.ecs
        case .otel: names.otel
        }
    }

    /// Said only where the configuration asks for it: of the person behind a client, or of use for a while.
    package static let extra: Set<AccessField> = [.clientPort, .subject, .upstreamAddress, .generation]

    /// Without these nobody could tell what became of a request.
    package static let fixed: Set<AccessField> = [.status, .outcome, .reason]

    /// What either schema has no name for is below `holdfast`.
    private var names: (json: String, ecs: String, otel: String) {
        switch self {
        case .client: ("client", "client.address", "client.address")
        case .clientPort: ("client_port", "client.port", "client.port")
        case .thumbprint: ("thumbprint", "holdfast.thumbprint", "holdfast.thumbprint")
        case .registeredClient: ("registered_client", "holdfast.registered_client", "holdfast.registered_client")
        case .tlsVersion: ("tls_version", "tls.version", "tls.protocol.version")
        case .tlsResumed: ("tls_resumed", "tls.resumed", "tls.resumed")
        case .method: ("method", "http.request.method", "http.request.method")
        case .path: ("path", "url.path", "url.path")
        case .version: ("protocol", "http.version", "network.protocol.version")
        case .route: ("route", "holdfast.route", "http.route")
        case .issuer: ("issuer", "holdfast.issuer", "holdfast.issuer")
        case .clientID: ("client_id", "holdfast.client_id", "holdfast.client_id")
        case .subject: ("subject", "user.id", "user.id")
        case .tokenIDHash: ("token_id_hash", "holdfast.token_id_hash", "holdfast.token_id_hash")
        case .boundThumbprint: ("bound_thumbprint", "holdfast.bound_thumbprint", "holdfast.bound_thumbprint")
        case .interactionID: ("interaction_id", "http.request.id", "holdfast.interaction_id")
        case .traceID: ("trace_id", "trace.id", "TraceId")
        case .upstream: ("upstream", "holdfast.upstream", "holdfast.upstream")
        case .upstreamAddress: ("upstream_address", "holdfast.upstream_address", "holdfast.upstream_address")
        case .upstreamTime: ("upstream_us", "holdfast.upstream_us", "holdfast.upstream_us")
        case .status: ("status", "http.response.status_code", "http.response.status_code")
        case .outcome: ("outcome", "holdfast.outcome", "holdfast.outcome")
        case .reason: ("reason", "event.reason", "error.type")
        case .cause: ("cause", "holdfast.cause", "holdfast.cause")
        case .wouldRefuse: ("would_refuse", "holdfast.would_refuse", "holdfast.would_refuse")
        case .duration: ("duration_us", "event.duration", "http.server.request.duration")
        case .bytesIn: ("bytes_in", "http.request.body.bytes", "http.request.body.size")
        case .bytesOut: ("bytes_out", "http.response.body.bytes", "http.response.body.size")
        case .generation: ("generation", "holdfast.generation", "holdfast.generation")
        }
    }
}
