internal import BindingPolicy
import Timekeeping

extension HoldfastConfiguration {
    /// No configuration is larger, in octets.
    package static let maximumSize = 1 << 20

    /// Reads a configuration file and checks that the files it names can be read.
    ///
    /// Keys of the file (each section's are documented where it is read):
    /// - `listener`, `client_certificates`, `tokens`, `upstream`: required
    /// - `resource`, `upstreams`, `forward`, `routes`, `limits`, `log`, `telemetry`: optional
    /// - `admin.address` (IP address and port; optional)
    /// - `decision`: optional
    /// - `profile` (`fapi2`, `fapi1`, `uk`, `brazil` or `cdr`; default: none)
    /// - `report_only` (`true`, `false`, or the day from which on it enforces; default `false`): for every route that does not say
    /// - `shutdown`: optional
    /// - `process.sandbox` (`where_available`, `required` or `none`; default `where_available`)
    /// - `threads` (1 to 1024; default: the cores this process may use)
    /// - `verification_cache` (tokens, 0 to 1048576; default 65536; also bounded by 2 KiB for each, 1 MiB at the least)
    ///
    /// - Parameter now: seconds since 1970, against which dates are held.
    package init(path: String, now: Double = WallClock.seconds()) throws(ConfigurationMistakes) {
        let text: String
        do throws(Complaint) {
            text = try FileCheck.contents(of: path, limit: Self.maximumSize)
        } catch {
            throw ConfigurationMistakes([ConfigurationMistake(file: path, position: nil, keyPath: "", message: error.message)])
        }
        try self.init(yaml: text, file: path, now: now)
    }

    /// - Parameters:
    ///   - yaml: the text of the file.
    ///   - file: its name for messages; the paths in it are relative to its folder.
    ///   - now: seconds since 1970, against which dates are held.
    package init(yaml: String, file: String, now: Double = WallClock.seconds()) throws(ConfigurationMistakes) {
        let log = MistakeLog(file: file)
        guard yaml.utf8.count <= Self.maximumSize else {
            log.add("The file is larger than \(Self.maximumSize / 1024) KiB, which no configuration is.", at: nil, "")
            throw ConfigurationMistakes(log.mistakes)
        }
        // A byte order mark is no part of the text (YAML 1.2 section 5.2), and no column either.
        let text = yaml.unicodeScalars.first == "\u{feff}" ? String(yaml.unicodeScalars.dropFirst()) : yaml
        guard let document = ConfigurationDocument(text, log) else { throw ConfigurationMistakes(log.mistakes) }
        let folder = file.lastIndex(of: "/").map { $0 == file.startIndex ? "/" : String(file[..<$0]) } ?? ""
        guard let configuration = HoldfastConfiguration(root: document.root, text: yaml, folder: folder, now, log), log.mistakes.isEmpty else {
            throw ConfigurationMistakes(log.mistakes)
        }
        self = configuration
    }

    /// Reads a text as any file is read, for what the reader does on the way; what is wrong with it does not matter.
    static func record(yaml: String, in form: Form) {
        let log = MistakeLog(file: "", form: form)
        guard let document = ConfigurationDocument(yaml, log) else { return }
        _ = HoldfastConfiguration(root: document.root, text: yaml, folder: "", 0, log)
    }

    /// What is wrong with a text, whatever is to be said of the files that it names.
    static func mistakesBesideFiles(yaml: String) -> [ConfigurationMistake] {
        let log = MistakeLog(file: "", form: Form())
        if let document = ConfigurationDocument(yaml, log) {
            _ = HoldfastConfiguration(root: document.root, text: yaml, folder: "", WallClock.seconds(), log)
        }
        return log.mistakes
    }

    private init?(root node: ConfigurationNode, text: String, folder: String, _ now: Double, _ log: MistakeLog) {
        let root = Section(
            node, at: SourcePosition(line: 1, column: 1), "",
            known: [
                "listener", "client_certificates", "tokens", "resource", "upstream", "upstreams", "forward", "routes", "limits", "profile",
                "report_only", "admin", "decision",
                "log", "telemetry", "shutdown", "process", "threads", "verification_cache",
            ], log)

        // Every section is read before any is missed, so that all mistakes are told at once.
        let profile = root.optional("profile", choice(Profile.self))
        let listener = Listener(root, folder, profile)
        let clients = root.section("client_certificates", known: ClientTrust.keys)
        let isVouchedHere = clients?.peek("trust") != "any"
        // Where nobody vouches at one identity, what certificates say counts at the others.
        let isVouched = isVouchedHere || listener?.identities.contains { $0.clientTrust.map { $0 != .any } ?? false } ?? false
        let registered = clients.map { RegisteredClient.all($0, folder, isVouched: isVouchedHere) } ?? []
        let clientTrust = ClientTrust(clients, registered, in: root, folder, profile)
        let intermediates = clients?.files("intermediates", in: folder) ?? []
        let maxIntermediates = ClientTrust.maxIntermediates(clients)
        // Where it is empty nobody is denied any more.
        let denyList = clients?.file("deny", in: folder, mayBeEmpty: true)
        let issuers = IssuerDirectory(root, folder, profile)
        let hosts = listener.map { $0.hosts + $0.identities.flatMap(\.hosts) } ?? []
        let upstream = Upstream(root, folder, hosts: hosts)
        let named = NamedUpstreams(root, folder, hosts: hosts)
        let reportOnly = root.optional("report_only", ReportOnlyKey.parse(now)) ?? nil
        let claimNames = ClaimNames()
        var reader = RoutesReader(
            issuers: issuers, upstreams: named.names, claimNames: claimNames, reportOnly: reportOnly, isVouched: isVouched, now: now)
        let routes = reader.routes(root)
        for route in routes.list where route.policy.upgrade != nil {
            let upstream = ([upstream].compactMap(\.self) + named.all).first { $0.name == route.policy.upstream }
            if let upstream, upstream.protocol != .http1 {
                root.complain(
                    "`upgrade` needs an upstream of HTTP/1.1, and `\(upstream.keyPath).protocol` is `\(upstream.protocol.rawValue)`. Remove one of the two, or send the route to another upstream.",
                    "routes")
                break
            }
        }
        let elsewhere = listener?.identities.flatMap(\.clients) ?? []
        let forward = Forward(root, folder, profile, claimNames, isVouched: isVouched, namesClients: !(registered + elsewhere).isEmpty)
        for named in [upstream].compactMap(\.self) + named.all where named.tls?.hosts.isEmpty == false && forward.host != .keep {
            root.complain(
                "`\(named.keyPath).server_name` is the request's host, which `forward.host` replaces. Write `host: keep` in `forward`, or one name there.",
                named.name == .default ? "upstream" : "upstreams")
        }
        let admin = Self.admin(root, listener)
        for shown in [upstream].compactMap(\.self) + named.all where shown.credentialsFile != nil && forward.authorization == .keep {
            root.complain(
                "`\(shown.keyPath).credentials_file` takes the place of the client's `Authorization`. Write `authorization: remove` in `forward`, or remove it.",
                shown.name == .default ? "upstream" : "upstreams")
        }
        if let context = forward.context, context.privateKey == nil, admin == nil {
            root.complain(
                "The API gets the key of `forward.context` from the admin endpoint. Write `admin.address`, or a `private_key` there.", "forward")
        }
        let taken = [("listener.address", listener?.address), ("admin.address", admin)]
        let resource = Resource(root, taken: taken.compactMap { key, address in address.map { (key, $0) } })
        let others = taken + [("resource.metadata_address", resource?.metadataAddress)]
        let decisions = Decisions(root, folder, taken: others.compactMap { key, address in address.map { (key, $0) } })
        let limits = Limits(root)
        let logging = Log(root)
        let otlp = OTLP(root, folder, trace: forward.trace)
        let shutdown = Shutdown(root)
        let process = root.section("process", known: ["sandbox"])
        let sandbox = process?.optional("sandbox", choice(Sandbox.self)) ?? .whereAvailable
        let threads = root.optional("threads", Bounds.threads)
        let cache = root.optional("verification_cache", Bounds.verificationCache)

        guard let listener, let clientTrust, let tokens = issuers.issuers, let upstream else { return nil }
        self.init(
            file: log.file, text: text, listener: listener, clientTrust: clientTrust, intermediates: intermediates,
            maxIntermediates: maxIntermediates, clients: registered,
            denyList: denyList,
            tokens: tokens, resource: resource,
            profile: profile,
            upstream: upstream, namedUpstreams: named.all, forward: forward, routes: routes.list, routesKey: routes.key,
            routeTable: routes.table,
            claimNames: claimNames.all, admin: admin, decisions: decisions, limits: limits, log: logging, otlp: otlp, shutdown: shutdown,
            sandbox: sandbox, threads: threads,
            verificationCache: cache ?? 65536)
    }

    private enum Bounds {
        static let threads = Quantity.count(1...1024, below: "nothing could run", above: "no machine has that many cores")
        static let verificationCache = Quantity.count(
            ...1_048_576, above: "each event loop would hold hundreds of megabytes of tokens that hardly come again")
    }

    private static func admin(_ root: Section, _ listener: Listener?) -> NetworkAddress? {
        let section = root.section("admin", known: ["address"])
        let admin = section?.required("address", "Write an address such as `127.0.0.1:9901`.", NetworkAddress.init)
        if let admin, admin == listener?.address, admin.port != 0 {
            section?.complain("This is the address of `listener` too. Choose another port.", "address")
        }
        return admin
    }
}

extension HoldfastConfiguration.Shutdown {
    /// - `delay` (duration up to `10m`; default `5s`; `0s` accepts nothing more at once)
    /// - `drain_timeout` (duration up to `1h`; default `30s`; `0s` cuts what runs at once)
    init(_ root: Section) {
        let section = root.section("shutdown", known: ["delay", "drain_timeout"])
        delay = section?.optional("delay", Bounds.delay) ?? .seconds(5)
        drainTimeout = section?.optional("drain_timeout", Bounds.drainTimeout) ?? .seconds(30)
    }

    private enum Bounds {
        static let delay = Quantity.duration(
            ...(.seconds(600)), above: "whoever starts the next one would wait that long though nobody sends requests here any more")
        static let drainTimeout = Quantity.duration(
            ...(.seconds(3600)), above: "whoever starts the next one would wait that long for one request")
    }
}
