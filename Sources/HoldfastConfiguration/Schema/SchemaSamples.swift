/// Texts that the reader is watched with while it reads them: between them they have every key, in each of its forms, and leave each out where
/// that is possible. They need not make sense: what is wrong with them does not matter. A key that no sample has fails a test.
enum SchemaSamples {
    static let all = [empty, bare, sections, listener, clients, otherClients, workloads, tokens, routes, otherRoutes, rest]

    private static let empty = "{}"
    private static let bare = """
        listener: {}
        client_certificates: {}
        routes: {matching: a}
        decision: {}
        log: {fields: {}}
        process: {}
        telemetry: {}
        """

    /// Each section with none of its keys, so that those are missed which must be there.
    private static let sections = """
        listener: {http2: {}, proxy_protocol: {}, identities: [{}]}
        client_certificates: {trust: authorities, clients: [{}]}
        tokens: [{}, {introspection: {}}]
        resource: {}
        upstream: {compression: {}, health: {}, addresses: [{}]}
        upstreams: {one: {}, two: {compression: {}}}
        forward: {context: {}, client: {}}
        routes: {}
        limits: {rate: {}}
        admin: {}
        log: {}
        shutdown: {}
        decision: {address: "127.0.0.1:1", fronts: {}}
        telemetry: {otlp: {}}
        """

    private static let listener = """
        listener:
          {address: a, certificate: a, private_key: a, minimum_tls: a, key_exchange: a, handshake_timeout: a, head_timeout: a, idle_timeout: a,
          body_timeout: a, minimum_body_rate: a, max_connections: 1000000, max_handshakes: 1, max_head: a, max_target: a, max_fields: a, hosts: [a],
          resumption: a, protocols: [a], max_connection_age: a, max_connection_requests: a, proxy_protocol: {from: [a]}, max_body: a, reuse_port: a,
          http2: {max_streams: a, max_resets: a, max_stream_errors: a, max_continuations: a, max_glitches: a, interval: a, stream_window: a,
          connection_window: a},
          identities: [{hosts: [b], certificate: a, private_key: a, client_certificates: {
          \(trust), clients: [\(client)]}}, {hosts: [c], certificate: a, private_key: a, client_certificates: {
          \(otherTrust), clients: [\(otherClient)]}}, {client_certificates: {\(spiffe)}}, {client_certificates: {}}]}
        """

    private static let revocation = "{lists: a, scope: a, when_stale: a, refresh_lists: a, certificate_authorities: a}"
    private static let asking = "{ocsp: {responder: a, from_certificate: [a], cache: a, timeout: a}, scope: a, when_unreachable: a}"
    private static let fetching = "{lists: [\"https://a/b\"], certificate_authorities: a}"
    private static let trust = """
        trust: authorities, authorities: [a, {file: a, revocation: \(revocation)}, {file: a, revocation: \(asking)},
          {file: a, revocation: \(fetching)}, {revocation: {ocsp: {}}}, {file: a, revocation: {ocsp: {from_certificate: a}}}],
          revocation_lists: a, intermediates: a, max_intermediates: a, usage: a
        """
    private static let otherTrust = "trust: authorities, authorities: a, revocation_lists: [a], intermediates: [a], max_intermediates: 1"
    private static let spiffe = "trust: spiffe, bundle: a, trust_domain: a"
    private static let terms = "organization: [a], subject: {O: [a], OU: a}, dns: [a], uri: [a], other_name: {1.2: a, 1.3: [a]}, spiffe_id: [a]"
    private static let client = """
        {id: a, authority: {file: a, revocation: \(revocation)}, scopes: [a], client_id: [a]}, {id: b, authority: {revocation: \(asking)}},
          {id: g, authority: {file: a, revocation: \(fetching)}}, {id: h, authority: {file: a, revocation: {ocsp: {from_certificate: a}}}},
          {id: c, authority: a}, {id: d, certificates: [a], scopes: [], client_id: a}, {id: e, keys: a}, {id: f, \(terms)}
        """
    private static let otherClient = "{id: a, certificates: a}, {}"

    private static let clients = "client_certificates: {\(trust), deny: a, clients: [\(client)]}"
    private static let otherClients = "client_certificates: {\(otherTrust), clients: [\(otherClient)]}\ndecision: {address: \"unix:/a\"}"
    private static let workloads = "client_certificates: {\(spiffe)}"

    private static let tokens = """
        tokens: [{issuer: a, audience: [a], algorithms: [a], keys: a, keys_media_type: a, type: a, required_claims: [], scopes_from: [a], leeway: a,
          audience_in_answer: a, certificate_authorities: a, cooldown: a, refresh_keys: a, stale_keys: a},
          {required_claims: [a], audience: a, introspection: {endpoint: a, authentication: a, client_id: a, certificate: a, private_key: a, key_id: a,
          client_secret_file: a, cache: a, timeout: a, max_concurrent: a, response: a, response_algorithms: [a], token_prefix: a, tokens: a}},
          {introspection: {authentication: private_key_jwt}}, {introspection: {authentication: client_secret_basic}}]
        """

    private static let route = """
        {path: a, methods: [a], require: a, scopes: [a], issuers: [a], audience: [a], acr: [a], max_auth_age: a,
          claims: {a: a, b: [a], c: {word: a}, d: {word: [a]}}, max_body: a, report_only: a, upgrade: a, upstream: a,
          certificate: {roles: [a], \(terms)}}, {scopes: {all: [a]}, certificate: {}}, {scopes: {any: [a]}, certificate: {dns: a}}
        """
    private static let routes = "routes: [\(route)]"
    private static let otherRoutes = "routes: {matching: a, list: [\(route)]}"

    private static let upstream = """
        {url: "https://a", cleartext: a, connect_timeout: a, response_timeout: a, idle_timeout: a, max_connections: 65535,
          max_connections_per_client: 1, queue_timeout: a, credentials_file: a, first_octet_timeout: a, tolerate: [a], isolate: a, protocol: a,
          compression: {types: [a], minimum: a, level: a}, addresses: [a, {address: a, weight: a}, {}], resolve_every: a, balance: a,
          health: {failures: a, rest: a, path: a, interval: a, timeout: a, status: [a]}, slow_start: a, certificate_authorities: a, certificate: a,
          private_key: a, server_name: a, minimum_tls: a, suites: a, renegotiation: a}
        """

    private static let rest = """
        profile: a
        report_only: a
        threads: a
        verification_cache: a
        resource: {identifier: a, metadata_address: a, name: a, documentation: a, policy_uri: a, terms_of_service_uri: a}
        upstream: \(upstream)
        upstreams: {one: \(upstream)}
        forward:
          {thumbprint_header: a, authorization: a, host: a, strip: [a], keep: [a], client_address: a, via: a, trace: a, claims: {a: a},
          certificate: [a], client: {id: a, organization: a, roles: a, spiffe_id: a},
          context: {header: a, private_key: a, issuer: a, audience: a, lifetime: a}, interaction_id: a, errors: a}
        limits: {connections_per_client: a, requests_per_client: a, rate: {requests: a, per: a, burst: a, by: a}}
        admin: {address: a}
        log: {level: a, access: a, format: a, fields: {omit: [a], add: [a]}}
        process: {sandbox: a}
        telemetry:
          {otlp: {endpoint: a, cleartext: a, certificate_authorities: a, headers_file: a, sampling: ratio, ratio: a, metrics: a, interval: a}}
        decision:
          {address: "127.0.0.1:1", certificate: a, private_key: a, fronts: {authorities: a, dns: [a], uri: [a]}, max_connections: a,
          claimed_identity: a}
        shutdown: {delay: a, drain_timeout: a}
        """
}
