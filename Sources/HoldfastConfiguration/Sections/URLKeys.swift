import HTTPWire

extension HTTPURL {
    /// The URL of a scalar, with the reason where it is none.
    init(configured text: String) throws(Complaint) {
        do throws(Fault) {
            self = try HTTPURL(text)
        } catch {
            throw Complaint(Self.words(error, text))
        }
    }

    private static func words(_ fault: Fault, _ text: String) -> String {
        switch fault {
        case .noURL: "A URL such as `https://as.example.com` is expected here, not `\(text.shortened)`."
        case .scheme(let scheme): "`\(scheme.shortened)://` is not a scheme that is possible here: write `https://`."
        case .character: "The URL holds a character that a URL cannot hold; write it percent-encoded."
        case .userInformation: "User names and passwords in URLs are not possible here. Remove the part before `@`."
        case .fragment: "A fragment (`#…`) is not possible here. Remove it."
        case .authority(let authority): "`\(authority.shortened)` is not a host name or IP address with an optional port."
        case .tooLong: "The URL is longer than \(maximumLength) octets."
        }
    }

    /// `https`, or `http` where nothing leaves this machine: whoever can change what is fetched there decides who gets in.
    static func trusted(_ node: ConfigurationNode) throws(Complaint) -> HTTPURL {
        let url = try HTTPURL(configured: try node.text())
        try url.requireTrust()
        return url
    }

    func requireTrust() throws(Complaint) {
        guard isTrustworthy else {
            throw Complaint(
                "`http://` is possible for loopback addresses only, since others on the way could change the answer. Write `https://`.")
        }
    }

    /// An identifier by RFC 9728 section 1.2: no fragment, and here no query either.
    static func identifier(_ node: ConfigurationNode) throws(Complaint) -> HTTPURL {
        let url = try trusted(node)
        guard url.query == nil else { throw Complaint("An identifier has no query (`?…`). Remove it.") }
        return url
    }
}
