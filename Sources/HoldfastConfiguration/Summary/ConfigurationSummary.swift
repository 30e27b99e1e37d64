internal import BindingPolicy
import HTTPWire
import Telemetry
import Timekeeping

/// What a configuration lets through, in plain words, for `holdfast check` and the start of `holdfast run`.
package struct ConfigurationSummary: Equatable, Sendable {
    /// One sentence per line.
    package let facts: [String]
    /// What is weaker than it could be, or leads into trouble; each names its key.
    package let warnings: [String]

    /// - Parameter now: seconds since 1970; `report_only` may have ended.
    package init(_ configuration: HoldfastConfiguration, now: Double = WallClock.seconds()) {
        facts =
            Self.profile(configuration) + Self.listener(configuration) + Self.clients(configuration) + Self.registered(configuration)
            + Self.denied(configuration)
            + Self.tokens(configuration)
            + Self.routes(configuration, now) + Self.resource(configuration) + Self.decisions(configuration) + Self.upstream(configuration)
            + Self.operation(configuration)
        warnings = Self.warnings(configuration, now)
    }

    /// Facts first, then the warnings, each marked as one.
    package var lines: [String] { facts + Self.marked(warnings) }

    /// - Parameter warnings: of the whole of what is described, which may be more than the file.
    package static func marked(_ warnings: [String]) -> [String] {
        warnings.isEmpty ? ["Nothing in this configuration is weaker than the default."] : warnings.map { "warning: \($0)" }
    }
}

extension ConfigurationSummary {
    private static func profile(_ configuration: HoldfastConfiguration) -> [String] {
        guard let profile = configuration.profile else { return [] }
        var rules = [
            "only \(profile.algorithms.map(\.rawValue).joined(separator: ", ")) as signatures",
            "at most \(Quantity.spell(HoldfastConfiguration.Profile.maximumLeeway)) of leeway",
        ]
        if profile.onlyRSASuites {
            rules.append("in TLS 1.2 only ECDHE_RSA with AES-GCM, for which the server's certificate must be an RSA one")
        }
        if !profile.resumption { rules.append("no resumption of TLS sessions") }
        if profile == .cdr { rules.append("certificates of configured CAs only") }
        return ["Keeps to `profile: \(profile.rawValue)`: \(rules.joined(separator: "; "))."]
    }

    private static func listener(_ configuration: HoldfastConfiguration) -> [String] {
        let listener = configuration.listener
        let versions = listener.minimumTLS == .tls12 ? "TLS 1.2 and 1.3" : "TLS 1.3 only"
        let certificate =
            configuration.isCertificateOptional
            ? "clients may connect without a certificate, and whoever presents one must prove its key"
            : "each client must present a certificate and prove its key"
        let hosts =
            listener.hosts.isEmpty ? [] : ["Serves \(listener.hosts.joined(separator: ", ")) and answers 421 to requests for other hosts."]
        let exchange = listener.keyExchange == .postQuantumOnly ? " and the key exchange X25519MLKEM768 only" : ""
        let resumption = listener.resumption || configuration.profile?.resumption == false ? "" : "; no TLS session is resumed"
        return ["Listens on \(listener.address) with \(versions)\(exchange)\(resumption); \(certificate)."] + handedOn(listener) + protocols(listener)
            + hosts
            + lifetime(listener) + identities(listener) + limits(configuration)
    }

    private static func protocols(_ listener: HoldfastConfiguration.Listener) -> [String] {
        guard listener.protocols.contains(.http2) else { return ["Speaks HTTP/1.1 only."] }
        let limits = listener.http2
        let bounds =
            "HTTP/2 with \(limits.maxStreams) requests of a connection at once; one on which \(limits.maxResets) are given up, or \(limits.maxStreamErrors) broken, within \(Quantity.spell(limits.interval)) is ended"
        return [listener.protocols.contains(.http1) ? "Speaks \(bounds); and HTTP/1.1." : "Speaks \(bounds); and nothing else."]
    }

    private static func limits(_ configuration: HoldfastConfiguration) -> [String] {
        let limits = configuration.limits
        let rate = limits.rate.map { rate in
            "\(rate.requests) requests in \(Quantity.spell(rate.per)) (\(rate.burst) at once) for each \(rate.subject == .certificate ? "certificate" : "client_id")"
        }
        let parts = [
            limits.connections.map { "\($0) connections for each certificate" },
            limits.requests.map { "\($0) requests under way for each certificate" }, rate,
        ].compactMap(\.self)
        let body =
            configuration.listener.maxBody.map { ["Takes request bodies up to \(Quantity.spell($0)), where a route does not say otherwise."] } ?? []
        return body + (parts.isEmpty ? [] : ["Takes, on each event loop, at most \(parts.joined(separator: ", "))."])
    }

    private static func handedOn(_ listener: HoldfastConfiguration.Listener) -> [String] {
        guard !listener.proxyPeers.isEmpty else { return [] }
        let peers = listener.proxyPeers.map(\.description).joined(separator: ", ")
        return [
            "Takes the client's address from the PROXY header (version 1 or 2) of \(peers), whose connections must begin with one, and those of nobody else may."
        ]
    }

    private static func lifetime(_ listener: HoldfastConfiguration.Listener) -> [String] {
        let bounds = [
            listener.maxConnectionAge.map { "after \(Quantity.spell($0))" },
            listener.maxConnectionRequests.map { "after \($0 == 1 ? "one request" : "\($0) requests")" },
        ].compactMap(\.self)
        guard !bounds.isEmpty else { return [] }
        return ["Ends a connection with the next answer \(bounds.joined(separator: " or ")), up to a tenth earlier by chance."]
    }

    private static func identities(_ listener: HoldfastConfiguration.Listener) -> [String] {
        guard !listener.identities.isEmpty else { return [] }
        return listener.identities.map { identity in
            let whose = identity.clientTrust == nil ? "to the same clients" : "to clients of its own"
            return "Serves \(identity.hosts.joined(separator: ", ")) with \(identity.pair.certificate.path) \(whose)."
        } + [
            "Ends the handshakes of clients that name another host\(listener.servesUnnamed ? "" : " or none"), and answers 421 to requests for a host of another certificate than their connection's."
        ]
    }

    private static func clients(_ configuration: HoldfastConfiguration) -> [String] {
        configuration.trusts.enumerated().flatMap { index, entry in
            clients(entry.trust, at: index == 0 ? "" : "For \(entry.key): ")
        } + depths(configuration) + lent(configuration)
    }

    private static func clients(_ trust: HoldfastConfiguration.ClientTrust, at place: String) -> [String] {
        switch trust {
        case .authorities(let authorities, let usage):
            [
                "\(place)Accepts client certificates\(usage == .any ? " of whatever usage" : "") with a valid path to a CA in \(authorities.map(\.file.path).joined(separator: " or ")), and no others."
            ]
                + authorities.compactMap(revocation)
        case .spiffe(let bundle, let trustDomain):
            [
                "\(place)Accepts certificates of workloads of the SPIFFE trust domain \(trustDomain) with a valid path to a CA in \(bundle.path), and no others."
            ]
        case .any: ["\(place)Accepts whatever client certificate, also self-signed or expired: only the binding of the token counts."]
        }
    }

    private static func depths(_ configuration: HoldfastConfiguration) -> [String] {
        let own = configuration.listener.identities.enumerated().filter { $1.clientTrust != nil }.map {
            ("listener.identities[\($0)].client_certificates", $1.maxIntermediates)
        }
        return ([("client_certificates", configuration.maxIntermediates)] + own).filter { $1 != HoldfastConfiguration.ClientTrust.usualIntermediates }
            .map {
                "Follows paths over at most \($1) \($1 == 1 ? "intermediate" : "intermediates") (\($0))."
            }
    }

    private static func lent(_ configuration: HoldfastConfiguration) -> [String] {
        let files = (configuration.intermediates + configuration.listener.identities.flatMap(\.intermediates)).map(\.path)
        return files.isEmpty
            ? [] : ["Completes the paths of clients that send too few certificates with those of \(files.joined(separator: " and "))."]
    }

    private static func denied(_ configuration: HoldfastConfiguration) -> [String] {
        configuration.denyList.map { ["Lets nobody in who is listed in \($0.path)."] } ?? []
    }

    private static func revocation(_ authorities: HoldfastConfiguration.Authorities) -> String? {
        guard let revocation = authorities.revocation else { return nil }
        let whose = revocation.scope == .leaf ? "each client's certificate" : "each certificate between a client and its CA, its own included,"
        if let responders = revocation.responders {
            let named =
                responders.fromCertificate.isEmpty
                ? nil : "the responder that it names itself, on \(responders.fromCertificate.joined(separator: " or ")),"
            let unreachable = revocation.whenStale == .refuse ? "refuses" : "lets pass"
            return
                "Asks \(responders.responder.map { "\($0)" } ?? named ?? "nobody") about \(whose) of \(authorities.file.path) (OCSP), keeps answers for \(Quantity.spell(responders.cache)) at most: refuses what has been revoked, and \(unreachable) where there is no answer."
        }
        let refresh = Quantity.spell(revocation.refresh)
        let places = revocation.lists.map(\.path) + revocation.urls.map { "\($0) (fetched each \(refresh) or sooner)" }
        let stale =
            revocation.whenStale == .refuse
            ? "refuses where no list tells or the one that does is past its next update"
            : "refuses where no list tells, and believes one that is past its next update"
        return
            "Looks \(whose) of \(authorities.file.path) up in \(places.joined(separator: ", ")): refuses what has been revoked, and \(stale)."
    }

    static func decisions(_ configuration: HoldfastConfiguration) -> [String] {
        guard let decisions = configuration.decisions else { return [] }
        let who =
            switch decisions.place {
            case .unix: "whoever may write to that socket"
            case .network(_, _, let fronts):
                "fronts with a certificate of \(fronts.authorities.path) that says \(fronts.terms.terms.flatMap(\.patterns).map { "\($0)" }.joined(separator: ", "))"
            }
        return [
            "Judges requests that other proxies forward, on \(decisions.place), for \(who): what such a proxy says of a client's certificate is believed."
        ]
    }

    private static func resource(_ configuration: HoldfastConfiguration) -> [String] {
        guard let resource = configuration.resource else { return [] }
        let promise = configuration.isBoundEverywhere ? "promises that" : "does not promise that"
        let address = resource.metadataAddress.map { ", and on \($0) to clients without a certificate too" } ?? ""
        return [
            "Calls itself \(resource.identifier) and serves its metadata (RFC 9728) on the listener\(address); it \(promise) every token must be bound."
        ]
    }

    private static func upstream(_ configuration: HoldfastConfiguration) -> [String] {
        let forward = configuration.forward
        let token = forward.authorization == .keep ? "the Authorization field as it came" : "no Authorization field"
        let claims = forward.claims.map { claim in
            ", the token's \(quoted(claim.claim.text)) in \(claim.header)"
        }.joined()
        let address =
            switch forward.clientAddress {
            case .none: ""
            case .xForwarded: ", and the client's address in X-Forwarded-For"
            default: ", and where the request came from in \(forward.clientAddress.fieldNames.joined(separator: ", "))"
            }
        let host =
            switch forward.host {
            case .keep: ""
            case .upstream: ", and as Host its own name"
            case .name(let name): ", and as Host \(name)"
            }
        let strip =
            forward.strip.isEmpty
            ? "" : " Beside the usual names it never sees what clients send in \(forward.strip.joined(separator: ", "))."
        return configuration.upstreams.map(destination) + [
            "The upstream receives the certificate's thumbprint in \(forward.thumbprintHeader), \(token)\(claims)\(address)\(host).\(strip)"
        ] + certificate(forward) + client(forward) + answers(forward)
            + (forward.trace == .continue ? ["Continues the traces of requests (traceparent), and begins one where there is none."] : [])
    }

    private static func destination(_ upstream: HoldfastConfiguration.Upstream) -> String {
        let encryption =
            upstream.tls.map { tls in
                let authorities = tls.certificateAuthorities.map { "a CA in \($0.path)" } ?? "a CA that this system trusts"
                return
                    ", whose certificate must be for \(tls.hosts.isEmpty ? tls.serverName : "the host of the request (\(tls.hosts.joined(separator: ", ")))") and from \(authorities)"
                    + (tls.identity.map { ", showing \($0.certificate.path)" } ?? "")
            } ?? ""
        let what = upstream.name == .default ? "" : " what routes send to \(quoted(upstream.name.text))"
        return
            "Forwards\(what) to \(upstream.url)\(upstream.protocol == .http1 ? "" : " over HTTP/2")\(places(upstream))\(encryption)\(upstream.isolation == .none ? "" : "; no connection serves two clients")."
    }

    private static func places(_ upstream: HoldfastConfiguration.Upstream) -> String {
        let list = upstream.addresses.map { address in
            (address.host.contains(":") ? "[\(address.host)]" : address.host) + ":\(address.port)"
                + (address.weight == 1 ? "" : " (weight \(address.weight))")
        }
        let check = upstream.health.check.map {
            "; GET \($0.path) must be answered \($0.statuses.map(String.init).joined(separator: " or ")), each \(Quantity.spell($0.interval))"
        }
        guard !list.isEmpty || upstream.resolveEvery != nil else { return check ?? "" }
        let which =
            upstream.resolveEvery.map { " at each of its addresses, looked up each \(Quantity.spell($0))" } ?? " at \(list.joined(separator: ", "))"
        let order = upstream.balance == .leastConnections ? "fewest connections first" : "in turn"
        return
            "\(which), \(order), none for \(Quantity.spell(upstream.health.rest)) or more that failed \(upstream.health.failures) times in a row\(check ?? "")"
    }

    private static func certificate(_ forward: HoldfastConfiguration.Forward) -> [String] {
        guard !forward.certificate.isEmpty else { return [] }
        let dialects = forward.certificate.map { "as \($0.rawValue) has it in \($0.fieldNames.joined(separator: ", "))" }
        return ["The upstream receives the client's certificate too, \(dialects.joined(separator: "; "))."]
    }

    private static func client(_ forward: HoldfastConfiguration.Forward) -> [String] {
        guard !forward.client.isEmpty else { return [] }
        let facts = forward.client.map { "\($0.fact.rawValue) in \($0.header)" }
        return ["The upstream receives what the client's certificate says of its holder: \(facts.joined(separator: ", "))."]
    }

    private static func answers(_ forward: HoldfastConfiguration.Forward) -> [String] {
        let interaction: [String] =
            switch forward.interactionID {
            case .pass: []
            case .echo: ["Plays x-fapi-interaction-id back, and makes one where a client sent none."]
            case .require: ["Plays x-fapi-interaction-id back, and refuses requests without one."]
            }
        let errors: [String] =
            switch forward.errorBody {
            case .problem: []
            case .uk: ["Answers its own errors in the form of UK Open Banking."]
            case .brazil: ["Answers its own errors in the form of Open Finance Brasil."]
            case .cdr: ["Answers its own errors in the form of the Australian CDR."]
            }
        return interaction + errors
    }

    private static func operation(_ configuration: HoldfastConfiguration) -> [String] {
        let admin =
            configuration.admin.map { "Serves /livez, /readyz, /metrics and /status in clear on \($0)." }
            ?? "Serves neither health nor metrics: there is no `admin` section."
        let log = configuration.log.access ? "Logs a line a request on standard output" : "Logs no line for single requests"
        let export = configuration.otlp.map { ["Sends \($0.facts) to \(quoted($0.endpoint)) by OTLP."] } ?? []
        return [admin] + export + ["\(log), and its own messages from level \(configuration.log.level.rawValue) on\(form(of: configuration.log))."]
    }

    private static func form(of log: HoldfastConfiguration.Log) -> String {
        func names(_ fields: Set<AccessField>) -> String { fields.map(\.name).sorted().joined(separator: ", ") }
        let format =
            switch log.format {
            case .json: ""
            case .ecs: ", in the words of the Elastic Common Schema"
            case .otel: ", in the words of OpenTelemetry"
            }
        return format + (log.omitted.isEmpty ? "" : "; without \(names(log.omitted))") + (log.added.isEmpty ? "" : "; with \(names(log.added))")
    }
}

extension ConfigurationSummary {
    /// A word of the file's own, which may be long and is not ours to break a line with.
    static func quoted(_ text: String) -> String { "`\(text.printable(256))`" }

    static func either(_ texts: [String]) -> String { texts.map(quoted).joined(separator: " or ") }
}

extension HoldfastConfiguration.OTLP {
    fileprivate var facts: String {
        let spans =
            switch sampling {
            case .parent: "the spans of requests that their clients' traces record, or that have none,"
            case .always: "the spans of all requests"
            case .ratio(let part): "the spans of requests that their clients' traces record, and \(part) of those that have none,"
            }
        return spans + (metrics == nil ? "" : " and metrics")
    }
}
