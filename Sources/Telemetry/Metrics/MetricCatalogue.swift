// Every metric of Holdfast, in the order in which they are told. A new one is a line here and the line that counts it.

/// The data path's: cumulative counts of one loop, added up over the loops for a scraper.
package struct MetricsSnapshot: MetricSet {
    @Metric(.counter, "holdfast_connections_accepted", "TCP connections accepted.") package var connectionsAccepted = 0
    @Metric(.counter, "holdfast_connections_refused", "TCP connections closed at once: over the limit.") package var connectionsRefused = 0
    @Metric(.gauge, "holdfast_connections_active", "Client connections open now.") package var connectionsActive = 0
    @Metric(.counter, "holdfast_handshakes", "TLS handshakes completed with an accepted certificate.") package var handshakes = 0
    @Metric(.counter, "holdfast_handshake_failures", "Connections that ended in the TLS handshake, by reason.", by: "reason")
    package var handshakeFailures: [String: Int] = [:]
    @Metric(.counter, "holdfast_http2_connections", "Of the handshakes, those that chose HTTP/2.") package var http2Connections = 0
    @Metric(.counter, "holdfast_http2_streams", "Requests over HTTP/2.") package var http2Streams = 0
    @Metric(
        .counter, "holdfast_http2_connection_faults",
        "Connections of HTTP/2 that were ended for what the client did on them, floods included, by reason.", by: "reason")
    package var http2Faults: [String: Int] = [:]
    @Metric(.counter, "holdfast_responses", "Answers to clients, by status code.", by: "code") package var responses = StatusCounts()
    @Metric(.histogram, "holdfast_request_duration_seconds", "From the last byte of a request's head to the end of its answer.", by: "le")
    package var requestSeconds = Histogram()
    @Metric(.counter, "holdfast_request_body_bytes", "Octets of request bodies received.") package var requestBodyOctets = 0
    @Metric(.counter, "holdfast_response_body_bytes", "Octets of response bodies forwarded.") package var responseBodyOctets = 0
    @Metric(.counter, "holdfast_responses_compressed", "Answers of an upstream that were compressed for their clients.")
    package var responsesCompressed = 0
    @Metric(
        .counter, "holdfast_compressions_left_out",
        "Answers that went out as they came, since as many as may be were being compressed, in all or of one client."
    )
    package var compressionsLeftOut = 0
    @Metric(.gauge, "holdfast_compressions_active", "Answers that are being compressed now, 136 KiB each.") package var compressionsActive = 0
    @Metric(.counter, "holdfast_decisions", "Requests that were judged for another proxy, by how it asks.", by: "front")
    package var checks: [String: Int] = [:]
    @Metric(.counter, "holdfast_refusals", "Requests refused by Holdfast itself, by reason code.", by: "reason")
    package var refusals: [String: Int] = [:]
    @Metric(
        .counter, "holdfast_rights_ended",
        "Requests cut or refused after they were let pass, since their token or certificate held no more, by reason code.", by: "reason")
    package var rightsEnded: [String: Int] = [:]
    @Metric(
        .counter, "holdfast_would_refuse", "Requests forwarded under report_only that would have been refused, by reason code.", by: "reason")
    package var wouldRefuse: [String: Int] = [:]
    @Metric(
        .counter, "holdfast_requests_without_token", "Requests let through on routes weaker than the default, by what those ask for.",
        by: "require")
    package var withoutToken: [String: Int] = [:]
    @Metric(.counter, "holdfast_stripped_fields", "Identity fields a client sent and Holdfast removed: an attack signal.", by: "field")
    package var stripped: [String: Int] = [:]
    @Metric(
        .counter, "holdfast_certificate_fields_left_out",
        "What the upstream was not told of a client's certificate, since it could not be written safely, once a connection.", by: "dialect")
    package var certificateFieldsLeftOut: [String: Int] = [:]
    @Metric(.counter, "holdfast_upstream_connections", "Connections opened to the upstream.") package var upstreamConnections = 0
    @Metric(.counter, "holdfast_upstream_failures", "Exchanges the upstream failed, by reason.", by: "reason")
    package var upstreamFailures: [String: Int] = [:]
    @Metric(.counter, "holdfast_upstream_failure_causes", "The same, by reason and precise cause.", by: "reason", "cause")
    package var upstreamCauses: [LabelPair: Int] = [:]
    @Metric(.counter, "holdfast_upstream_requests", "Requests for an upstream, by its name in the configuration.", by: "upstream")
    package var upstreamRequests: [String: Int] = [:]
    @Metric(.counter, "holdfast_upstream_requests_failed", "Those that it failed, by its name and the reason.", by: "upstream", "reason")
    package var upstreamFailuresByName: [LabelPair: Int] = [:]
    @Metric(.counter, "holdfast_upstream_retries", "Requests that were sent to an upstream a second time, by its name.", by: "upstream")
    package var upstreamRetries: [String: Int] = [:]
    @Metric(.counter, "holdfast_upstream_addresses_left_alone", "How often a loop left an address alone for a while, since it failed.")
    package var upstreamAddressesLeftAlone = 0
    @Metric(.counter, "holdfast_verdict_cache_hits", "Tokens whose signature was remembered.") package var verdictHits = 0
    @Metric(.counter, "holdfast_verdict_cache_misses", "Tokens whose signature had to be verified.") package var verdictMisses = 0

    package init() {}
}

/// What Prometheus' clients tell of any process, under the names that every dashboard knows.
package struct SystemMetrics: MetricSet {
    @Metric(.counter, "process_cpu_seconds", "Time of processors used, in user and kernel mode, in seconds.") package var cpuSeconds = 0.0
    @Metric(.gauge, "process_resident_memory_bytes", "Memory that is resident, in octets.") package var residentOctets = 0
    @Metric(.gauge, "process_open_fds", "Descriptors that are open.") package var descriptors = 0
    @Metric(.gauge, "process_max_fds", "Descriptors that may be open.") package var descriptorLimit = 0
    @Metric(.gauge, "process_start_time_seconds", "When the process began, in seconds since 1970.") package var startTime = 0.0

    package init() {}
}

/// The process's, read from its parts when a scraper asks.
package struct ProcessMetrics: MetricSet {
    @Metric(.gauge, "holdfast_ready", "Whether the readiness probe answers 200.") package var isReady = false
    @Metric(.gauge, "holdfast_report_only", "Whether requests that should be refused are forwarded.") package var isReportOnly = false
    @Metric(.gauge, "holdfast_weaker_routes", "Routes that ask for less than a bound token, by what they ask for.", by: "require")
    package var weakerRoutes: [String: Int] = [:]

    @Metric(.gauge, "holdfast_generation", "Which configuration is in force: 1 is that of the start, one more with each reload.")
    package var generation = 0
    @Metric(.gauge, "holdfast_generation_age_seconds", "Since the configuration in force was taken up.") package var generationAge = 0.0
    @Metric(.counter, "holdfast_reloads", "Reloads that were applied, and those refused for a mistake.", by: "outcome")
    package var reloads: [String: Int] = [:]
    @Metric(.gauge, "holdfast_reload_refused", "Whether the latest reload was refused, so that what the files say is not in force.")
    package var isReloadRefused = false

    @Metric(
        .gauge, "holdfast_certificate_expires_in_seconds",
        "Until the first certificate of a configured file expires, by the key that names the file; below zero where that was.", by: "key")
    package var certificateExpiry: [String: Double] = [:]
    @Metric(
        .gauge, "holdfast_revocation_list_next_update_in_seconds",
        "Until the first revocation list of a file (by its key, with its path where the key names several) or URL is to be followed by another; below zero where that was, and no later one stands in.",
        by: "key")
    package var revocationListUpdate: [String: Double] = [:]
    @Metric(.counter, "holdfast_revocation_list_fetches", "Looks at the revocation lists of a URL.", by: "url")
    package var listFetches: [String: Int] = [:]
    @Metric(.counter, "holdfast_revocation_list_fetch_failures", "Looks at the revocation lists of a URL that failed.", by: "url")
    package var listFetchFailures: [String: Int] = [:]
    @Metric(.counter, "holdfast_ocsp_questions", "Questions to responders about certificates, by the file of their authorities.", by: "authorities")
    package var statusQuestions: [String: Int] = [:]
    @Metric(.counter, "holdfast_ocsp_failures", "The same that had no usable answer.", by: "authorities")
    package var statusFailures: [String: Int] = [:]
    @Metric(.gauge, "holdfast_ocsp_answers", "Answers of responders that are remembered.", by: "authorities")
    package var statusAnswers: [String: Int] = [:]

    @Metric(.gauge, "holdfast_upstream_up", "Whether an address of an upstream was well at the last look.", by: "upstream", "address")
    package var upstreamUp: [LabelPair: Bool] = [:]

    @Metric(
        .gauge, "holdfast_connections_limit",
        "Client connections that may be open at once; fewer than configured where descriptors are short.")
    package var connectionsLimit = 0
    @Metric(.gauge, "holdfast_connections_handshaking", "Client connections whose handshake is not done.") package var connectionsHandshaking = 0
    @Metric(
        .counter, "holdfast_connections_crowded_out", "Connections closed before the end of their handshake, to make room for newer ones.")
    package var connectionsCrowdedOut = 0
    @Metric(.gauge, "holdfast_accept_paused", "Whether no connection is accepted, since no descriptor is left for one.")
    package var isAcceptPaused = false
    @Metric(.counter, "holdfast_accept_pauses", "How often accepting was paused.") package var acceptPauses = 0

    @Metric(
        .counter, "holdfast_access_log_dropped",
        "Access log lines that were lost: nobody read them in time, or the log was closed or full.")
    package var accessLogDropped = 0
    @Metric(
        .counter, "holdfast_messages_dropped",
        "Lines of Holdfast's own messages that were lost: nobody read them in time, or the log was closed or full.")
    package var messagesDropped = 0

    @Metric(.counter, "holdfast_spans_exported", "Spans that a collector has taken.") package var spansExported = 0
    @Metric(.counter, "holdfast_spans_dropped", "Spans that were lost: no collector took them, or there were too many.")
    package var spansDropped = 0

    @Metric(.gauge, "holdfast_keys", "Usable keys of an issuer.", by: "issuer") package var keys: [String: Int] = [:]
    @Metric(.gauge, "holdfast_keys_age_seconds", "Since the last good look at an issuer's keys.", by: "issuer")
    package var keysAge: [String: Double] = [:]
    @Metric(.counter, "holdfast_key_fetches", "Looks at an issuer's keys.", by: "issuer") package var keyFetches: [String: Int] = [:]
    @Metric(.counter, "holdfast_key_fetch_failures", "Looks at an issuer's keys that failed.", by: "issuer")
    package var keyFetchFailures: [String: Int] = [:]
    @Metric(
        .gauge, "holdfast_key_lookups_waiting",
        "Requests that wait for a look at an issuer's keys, since their tokens may be signed with a new one.", by: "issuer")
    package var keyLookupsWaiting: [String: Int] = [:]
    @Metric(
        .counter, "holdfast_key_looks_refused", "Requests that were judged by the keys there were, since the budget of looks was used up.",
        by: "issuer")
    package var keyLooksRefused: [String: Int] = [:]

    @Metric(.counter, "holdfast_introspections", "Questions to an issuer about a token.", by: "issuer")
    package var introspections: [String: Int] = [:]
    @Metric(
        .counter, "holdfast_introspection_failures", "Lookups that nothing could be said about, by what kept it from being said.",
        by: "issuer", "fault")
    package var introspectionFailures: [LabelPair: Int] = [:]
    @Metric(.gauge, "holdfast_introspections_in_flight", "Questions under way.", by: "issuer")
    package var introspectionsInFlight: [String: Int] = [:]
    @Metric(.gauge, "holdfast_introspections_waiting", "Requests that wait for an answer about their token.", by: "issuer")
    package var introspectionsWaiting: [String: Int] = [:]
    @Metric(.gauge, "holdfast_introspection_circuit_open", "Whether the issuer is left alone since it failed too often.", by: "issuer")
    package var isIntrospectionCircuitOpen: [String: Bool] = [:]
    @Metric(
        .gauge, "holdfast_introspection_clients_left_alone",
        "Clients with whose tokens the issuer is left alone, since it failed on too many of them.", by: "issuer")
    package var introspectionClientsLeftAlone: [String: Int] = [:]

    package init() {}
}
