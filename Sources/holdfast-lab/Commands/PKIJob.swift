import ArgumentParser

/// What `holdfast-lab pki` is asked to do for one certificate or authority.
enum PKIJob {
    case authority(String)
    case issue(String)
    case sign(request: String)
    case renew(String)
    case revoke(String)
    case crl(authority: String)

    var option: String {
        switch self {
        case .authority: "--authority"
        case .issue: "--issue"
        case .sign: "--sign"
        case .renew: "--renew"
        case .revoke: "--revoke"
        case .crl: "--crl"
        }
    }

    var hasPlainName: Bool {
        switch self {
        case .authority(let name), .issue(let name), .renew(let name), .revoke(let name), .crl(let name): Self.isPlain(name)
        case .sign: true
        }
    }

    /// Names become files, and lines of AUTHORITY.revoked.
    static func isPlain(_ name: String) -> Bool { !name.isEmpty && !name.contains { $0 == "/" || $0.isNewline } }
}

/// The options for them, one of which may be given.
struct PKIJobs: ParsableArguments {
    @Option(help: ArgumentHelp("Issue one certificate; from intermediate unless told otherwise.", valueName: "name"))
    var issue: String?

    @Option(help: ArgumentHelp("Make an authority; below ca unless told otherwise.", valueName: "name"))
    var authority: String?

    @Option(
        help: ArgumentHelp(
            "Certify a request's key, its subject and alternative names (PEM or DER); X.csr becomes X.pem.", valueName: "file"))
    var sign: String?

    @Option(
        help: ArgumentHelp("Issue it again, from now on; what was there stays as NAME.previous, with its key.", valueName: "name"))
    var renew: String?

    @Option(help: ArgumentHelp("Put it into AUTHORITY.revoked, which ocsp and the next --crl read.", valueName: "name"))
    var revoke: String?

    @Option(help: ArgumentHelp("Sign AUTHORITY.crl, the list of what this authority has revoked.", valueName: "authority"))
    var crl: String?

    var given: [PKIJob] {
        [
            issue.map(PKIJob.issue), authority.map(PKIJob.authority), sign.map(PKIJob.sign), renew.map(PKIJob.renew), revoke.map(PKIJob.revoke),
            crl.map(PKIJob.crl),
        ].compactMap { $0 }
    }
}
