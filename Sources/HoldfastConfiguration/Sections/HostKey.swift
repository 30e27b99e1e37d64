import HTTPWire

extension HoldfastConfiguration.Forward.Host {
    init(_ node: ConfigurationNode) throws(Complaint) {
        switch try node.text() {
        case "keep": self = .keep
        case "upstream": self = .upstream
        case let text: self = .name(try Self.authority(text))
        }
    }

    private static func authority(_ text: String) throws(Complaint) -> String {
        guard let url = try? HTTPURL(configured: "http://\(text)"), url.path.isEmpty, url.query == nil else {
            throw Complaint(
                "`\(text.shortened)` is neither `keep` nor `upstream` nor a host name such as `api.internal`, which may have a port behind it.")
        }
        return text
    }
}
