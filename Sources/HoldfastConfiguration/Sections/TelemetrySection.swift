import HTTPWire
import Telemetry

extension HoldfastConfiguration.OTLP {
    /// Keys of `telemetry.otlp`:
    /// - `endpoint` (URL; required): of a collector, to which `/v1/traces` and `/v1/metrics` are added
    /// - `cleartext` (`loopback-only` or `allowed`; default `loopback-only`): whether `http://` may go to another host
    /// - `certificate_authorities` (file, PEM; default: the CAs this system trusts): for `https://`
    /// - `headers_file` (file with a line `NAME: VALUE` for each field; optional): sent with each export, such as a key of the collector's
    /// - `sampling` (`parent`, `always` or `ratio`; default `parent`), `ratio` (0 to 1; with `sampling: ratio`)
    /// - `metrics` (true or false; default `true`), `interval` (1 s to 10 min; default `30s`): between two exports of them
    init?(_ root: Section, _ folder: String, trace: HoldfastConfiguration.Forward.Trace) {
        guard let telemetry = root.section("telemetry", known: ["otlp"]) else { return nil }
        guard let section = telemetry.section("otlp", known: Self.keys) else {
            telemetry.miss("otlp", "Write `otlp: {endpoint: http://127.0.0.1:4318}`, or remove `telemetry`.")
            return nil
        }
        let advice = "Write the URL of a collector, such as `http://127.0.0.1:4318`."
        let cleartext = section.optional("cleartext", choice(Cleartext.self)) ?? .loopbackOnly
        let base = section.required("endpoint", advice) { node throws(Complaint) in
            try Self.endpoint(node, cleartextAllowed: cleartext == .allowed)
        }
        certificateAuthorities = section.file("certificate_authorities", in: folder)
        headersFile = section.file("headers_file", in: folder)
        if base?.hasPrefix("http://") == true, section.has("certificate_authorities") {
            section.complain("This is for `https://`, and the endpoint is `http://`. Remove this key.", "certificate_authorities")
        }
        let word = section.optional("sampling", choice(Word.self)) ?? .parent
        let ratio = section.optional("ratio", Self.part)
        if word == .ratio, !section.has("ratio") { section.miss("ratio", "Write the part of traces that is recorded, such as `0.1`.") }
        if word != .ratio, section.has("ratio") { section.complain("Only `sampling: ratio` has one. Remove it, or write that.", "ratio") }
        let exportsMetrics = section.optional("metrics", Quantity.flag) ?? true
        let interval = section.optional("interval", Self.interval) ?? .seconds(30)
        if trace != .continue {
            telemetry.complain("Spans are of traces that Holdfast continues or begins. Write `trace: continue` in `forward`.", "otlp")
        }
        guard let base, let traces = try? HTTPURL(base + "/v1/traces"), let metrics = try? HTTPURL(base + "/v1/metrics") else { return nil }
        endpoint = base
        self.traces = traces
        self.metrics = exportsMetrics ? metrics : nil
        self.interval = interval
        sampling =
            switch word {
            case .parent: .parent
            case .always: .always
            case .ratio: .ratio(ratio ?? 0)
            }
    }

    private static let keys = ["endpoint", "cleartext", "certificate_authorities", "headers_file", "sampling", "ratio", "metrics", "interval"]

    private enum Word: String, CaseIterable { case parent, always, ratio }

    private enum Cleartext: String, CaseIterable {
        case loopbackOnly = "loopback-only"
        case allowed
    }

    /// Without the `/` at its end, scheme and host in lower case.
    private static func endpoint(_ node: ConfigurationNode, cleartextAllowed: Bool) throws(Complaint) -> String {
        let url = try HTTPURL(configured: try node.text())
        guard url.query == nil else { throw Complaint("The URL of a collector has no query (`?…`). Remove it.") }
        guard url.isTrustworthy || cleartextAllowed else {
            throw Complaint(
                "`http://` to another host sends paths, clients' addresses and what `headers_file` holds in clear. Write `https://`, use a loopback address, or add `cleartext: allowed` to `otlp` if the network between is yours alone."
            )
        }
        return url.request.hasSuffix("/") ? String(url.request.dropLast()) : url.request
    }

    private static func part(_ node: ConfigurationNode) throws(Complaint) -> Double {
        let text = try node.text()
        guard let value = Double(text), (0...1).contains(value) else {
            throw Complaint("A number from 0 to 1 is expected here, such as `0.1`, not `\(text.shortened)`.")
        }
        return value
    }

    private static let interval = Quantity.duration(
        .seconds(1)...(.seconds(600)), below: "that is more often than anything changes", above: "nobody would see what happens")
}
