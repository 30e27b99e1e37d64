internal import BindingPolicy

extension HoldfastConfiguration {
    /// No configuration is larger, in octets.
    package static let maximumSize = 1 << 20

    /// Reads a configuration file and checks that the files it names can be read.
    ///
    /// Keys of the file (each section's are documented where it is read):
    /// - `listener`, `client_certificates`, `tokens`, `upstream`: required
    /// - `resource.identifier` (URL; optional): what this API calls itself (RFC 9728 section 1.2)
    /// - `forward`, `routes`, `admin`, `log`: optional
    /// - `shutdown.drain_timeout` (duration; default `30s`)
    /// - `threads` (1 to 1024; default: the cores this process may use)
    /// - `verification_cache` (0 to 1048576; default 65536)
    package init(path: String) throws(ConfigurationMistakes) {
        let text: String
        do throws(Complaint) {
            text = try FileCheck.contents(of: path, limit: Self.maximumSize)
        } catch {
            throw ConfigurationMistakes([ConfigurationMistake(file: path, position: nil, keyPath: "", message: error.message)])
        }
        try self.init(yaml: text, file: path)
    }

    /// - Parameters:
    ///   - yaml: the text of the file.
    ///   - file: its name for messages; the paths in it are relative to its folder.
    package init(yaml: String, file: String) throws(ConfigurationMistakes) {
        let log = MistakeLog(file: file)
        guard yaml.utf8.count <= Self.maximumSize else {
            log.add("The file is larger than \(Self.maximumSize / 1024) KiB, which no configuration is.", at: nil, "")
            throw ConfigurationMistakes(log.mistakes)
        }
        guard let document = ConfigurationDocument(yaml, log) else { throw ConfigurationMistakes(log.mistakes) }
        let folder = file.lastIndex(of: "/").map { $0 == file.startIndex ? "/" : String(file[..<$0]) } ?? ""
        guard let configuration = HoldfastConfiguration(root: document.root, folder: folder, log), log.mistakes.isEmpty else {
            throw ConfigurationMistakes(log.mistakes)
        }
        self = configuration
    }

    private init?(root node: ConfigurationNode, folder: String, _ log: MistakeLog) {
        let root = Section(
            node, at: SourcePosition(line: 1, column: 1), "",
            known: [
                "listener", "client_certificates", "tokens", "resource", "upstream", "forward", "routes", "admin", "log", "shutdown",
                "threads", "verification_cache",
            ],
            later: [
                "report_only": "This version of Holdfast has no `report_only` mode: it always enforces. Remove the key.",
                "profile": "This version of Holdfast has no `profile`: set `algorithms` and the other keys yourself, and remove this one.",
            ], log)

        // Every section is read before any is missed, so that all mistakes are told at once.
        let listener = Listener(root, folder)
        let clientTrust = ClientTrust(root, folder)
        let tokens = TokenIssuer.list(root, folder)
        let resource = root.section(
            "resource", known: ["identifier"],
            later: ["metadata_address": "This version of Holdfast does not serve protected resource metadata. Remove the key."])
        let identifier = resource?.required(
            "identifier", "Write the URL of this API, such as `https://api.example.com`.", WebAddress.identifier)
        let upstream = Upstream(root, folder)
        let forward = Forward(root)
        let routes = Route.list(root)
        let adminSection = root.section("admin", known: ["address"])
        let admin = adminSection?.required("address", "Write an address such as `127.0.0.1:9901`.", NetworkAddress.init)
        if let admin, let adminSection, admin == listener?.address, admin.port != 0 {
            adminSection.complain("This is the address of `listener` too. Choose another port.", "address")
        }
        let logging = Log(root)
        let shutdown = root.section("shutdown", known: ["drain_timeout"])
        let drain = shutdown?.optional("drain_timeout", Quantity.duration(.zero ... .seconds(3600)))
        let threads = root.optional("threads", Quantity.count(1...1024))
        let cache = root.optional("verification_cache", Quantity.count(0...1_048_576))

        guard let listener, let clientTrust, let tokens, let upstream else { return nil }
        self.init(
            file: log.file, listener: listener, clientTrust: clientTrust, tokens: tokens,
            resource: identifier.map { Resource(identifier: $0, metadataAddress: nil, name: nil, documentation: nil, policy: nil, terms: nil) }, profile: nil,
            upstream: upstream, forward: forward, routes: routes, routeTable: RouteTable(routes), claimNames: [], admin: admin, log: logging,
            drainTimeout: drain ?? .seconds(30), threads: threads, verificationCache: cache ?? 65536)
    }
}

extension HoldfastConfiguration.Log {
    /// - `level` (trace, debug, info, notice, warning, error, critical; default `info`)
    /// - `access` (true or false; default `true`): one JSON line a request on standard output
    init(_ root: Section) {
        let section = root.section("log", known: ["level", "access"])
        level = section?.optional("level", choice(Level.self)) ?? .info
        access = section?.optional("access", Quantity.flag) ?? true
    }
}
