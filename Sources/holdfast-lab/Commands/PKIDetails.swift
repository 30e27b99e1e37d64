import ArgumentParser
import SwiftASN1
import X509

/// How a job is to be done.
struct PKIDetails: ParsableArguments {
    @Option(help: ArgumentHelp("Who signs: ca, intermediate, or what --authority made.", valueName: "authority"))
    var from: String?

    @Flag(help: "Signed by its own key; an authority is then a root.")
    var selfSigned = false

    @Option(help: ArgumentHelp("Write NAME.pem under this name.", valueName: "name"))
    var `as`: String?

    @Option(help: "How long it is valid, such as 5s; below zero for one that has expired.")
    var expiresIn: Interval?

    @Option(help: "Its extended key usage: client, unless it is an authority's.")
    var usage: CertificateUsage?

    @Option(help: "Its kind of key: ec, unless that of what is renewed.")
    var key: KeyKind?

    @Flag(help: "With --renew: the key stays.")
    var sameKey = false

    @Option(help: ArgumentHelp("Its O, in place of \(LabAuthority.organization).", valueName: "text"))
    var organization: String?

    @Option(help: ArgumentHelp("Its CN, in place of the name.", valueName: "text"))
    var commonName: String?

    @Option(help: ArgumentHelp("A DNS name; repeatable, as the others are.", valueName: "name"))
    var dns: [String] = []

    @Option(help: ArgumentHelp("A URI, such as a SPIFFE id.", valueName: "uri"))
    var uri: [String] = []

    @Option(help: ArgumentHelp("An IP address.", valueName: "address"))
    var ip: [IPName] = []

    @Option(help: ArgumentHelp("An address of mail.", valueName: "address"))
    var email: [String] = []

    @Option(help: ArgumentHelp("Where to ask about it by OCSP, as it says itself; repeatable.", valueName: "url"))
    var ocspURL: [String] = []

    @Option(help: ArgumentHelp("Where the list is that it would be on; repeatable.", valueName: "url"))
    var crlURL: [String] = []

    @Flag(help: "It says that its revocation can be learnt nowhere (RFC 9608).")
    var noRevocation = false

    @Option(help: ArgumentHelp("How many authorities may follow below this one.", valueName: "number"))
    var pathLength: Int?

    @Option(help: ArgumentHelp("DNS names end in this one; repeatable, as the others are.", valueName: "name"))
    var permitDNS: [String] = []

    @Option(help: ArgumentHelp("URIs are of this host, or where it begins with a dot, of those below it.", valueName: "host"))
    var permitURI: [String] = []

    @Option(help: ArgumentHelp("Subjects begin with this O.", valueName: "text"))
    var permitOrganization: [String] = []

    @Option(help: ArgumentHelp("No DNS name ends in this one.", valueName: "name"))
    var excludeDNS: [String] = []

    @Option(help: ArgumentHelp("Leaves it and what is below it this scope and no others but those that are given beside it.", valueName: "scope"))
    var scope: [String] = []

    @Flag(help: "Leaves it and what is below it no scope at all.")
    var noScope = false

    @Option(help: "With --revoke: why.")
    var reason: RevocationReason?

    @Option(help: "With --crl: in how long the next list is due; 7d, unless told otherwise.")
    var nextUpdate: Interval?

    @Flag(help: "With --crl: not PEM.")
    var der = false

    var alternativeNames: [GeneralName] {
        dns.map(GeneralName.dnsName) + uri.map(GeneralName.uniformResourceIdentifier) + ip.map(\.name) + email.map(GeneralName.rfc822Name)
    }

    var pointers: RevocationPointers { RevocationPointers(responders: ocspURL, lists: crlURL, isNowhere: noRevocation) }

    /// Extensions beside those that its kind has.
    var more: [any CertificateExtensionConvertible] {
        get throws { try pointers.extensions + (noScope || !scope.isEmpty ? [ScopeLimit(scopes: scope)] : []) }
    }

    /// What was given, and the jobs it can be given with.
    var given: [(name: String, jobs: [String])] {
        let making = ["--issue", "--sign", "--authority"]
        let options: [(isGiven: Bool, name: String, jobs: [String])] = [
            (from != nil, "--from", making + ["--renew"]), (selfSigned, "--self-signed", ["--issue", "--authority"]),
            (`as` != nil, "--as", ["--sign", "--renew"]), (expiresIn != nil, "--expires-in", making + ["--renew"]),
            (usage != nil, "--usage", making), (key != nil, "--key", ["--issue", "--authority", "--renew"]), (sameKey, "--same-key", ["--renew"]),
            (organization != nil, "--organization", making), (commonName != nil, "--common-name", making),
            (!dns.isEmpty, "--dns", ["--issue", "--sign"]), (!uri.isEmpty, "--uri", ["--issue", "--sign"]),
            (!ip.isEmpty, "--ip", ["--issue", "--sign"]), (!email.isEmpty, "--email", ["--issue", "--sign"]),
            (!ocspURL.isEmpty, "--ocsp-url", making), (!crlURL.isEmpty, "--crl-url", making), (noRevocation, "--no-revocation", making),
            (pathLength != nil, "--path-length", ["--authority"]), (!permitDNS.isEmpty, "--permit-dns", ["--authority"]),
            (!permitURI.isEmpty, "--permit-uri", ["--authority"]), (!permitOrganization.isEmpty, "--permit-organization", ["--authority"]),
            (!excludeDNS.isEmpty, "--exclude-dns", ["--authority"]), (!scope.isEmpty, "--scope", making), (noScope, "--no-scope", making),
            (reason != nil, "--reason", ["--revoke"]),
            (nextUpdate != nil, "--next-update", ["--crl"]), (der, "--der", ["--crl"]),
        ]
        return options.filter(\.isGiven).map { ($0.name, $0.jobs) }
    }
}
