import Foundation
import X509

/// The jobs of a CA, done in a folder.
struct PKIWork {
    let directory: LabDirectory
    /// Of what is issued, in seconds; below zero for what has expired.
    let lifetime: TimeInterval
    let details: PKIDetails

    func perform(_ job: PKIJob) throws {
        switch job {
        case .authority(let name): try makeAuthority(name)
        case .issue(let name): try issue(name)
        case .sign(let request): try sign(request)
        case .renew(let name): try renew(name)
        case .revoke(let name): try revoke(name)
        case .crl(let authority): try writeList(authority)
        }
    }

    static func show(_ name: String, _ certificate: Certificate) throws {
        print(name.padding(toLength: max(20, name.count), withPad: " ", startingAt: 0), try certificate.thumbprint)
    }

    private func makeAuthority(_ name: String) throws {
        guard !directory.has("\(name).pem") else {
            throw LabError("\(name) is there already, and what it signed needs it; --renew \(name) gives it another certificate")
        }
        let key = try (details.key ?? .ec).generate()
        let organizations = try details.permitOrganization.map { text in
            GeneralName.directoryName(try DistinguishedName { OrganizationName(text) })
        }
        var limits = AuthorityLimits(
            pathLength: details.pathLength,
            permitted: details.permitDNS.map(GeneralName.dnsName) + details.permitURI.map(GeneralName.uniformResourceIdentifier) + organizations,
            excluded: details.excludeDNS.map(GeneralName.dnsName), usage: details.usage, more: try details.more)
        let made: LabAuthority
        if details.selfSigned {
            made = try LabAuthority.root(subject(name), key: key, limits: limits, lifetime: lifetime)
        } else {
            let issuer = try directory.authority(details.from ?? "ca")
            // What its issuer allows leaves so many below it.
            limits.pathLength = limits.pathLength ?? issuer.identity.certificate.pathLength.map { max($0 - 1, 0) }
            made = try issuer.intermediate(subject(name), key: key, limits: limits, lifetime: lifetime)
        }
        try directory.write(made.identity, as: name)
        try Self.show(name, made.identity.certificate)
    }

    private func issue(_ name: String) throws {
        if (try? directory.chain(name).certificate.isAuthority) == true {
            throw LabError("\(name) is an authority, and what it signed needs it; choose another name")
        }
        let key = try (details.key ?? .ec).generate()
        let usage = details.usage ?? .client
        let names = details.alternativeNames
        let content = try LeafRequest(
            subject(name), usage: usage, validity: CertificateValidity(lifetime: lifetime),
            alternativeNames: names.isEmpty && usage == .server ? LeafRequest.loopbackNames : names, more: details.more
        ).content(key.publicKey)
        let identity =
            try details.selfSigned ? content.selfSigned(by: key) : directory.authority(details.from ?? "intermediate").issue(content, key: key)
        try directory.write(identity, as: name)
        try Self.show(name, identity.certificate)
    }

    private func sign(_ path: String) throws {
        let request = try CertificateRequest(path)
        let name = details.as ?? URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
        let names = details.alternativeNames
        let isTold = details.organization != nil || details.commonName != nil
        let content = try LeafRequest(
            isTold ? subject(name) : request.subject, usage: details.usage ?? .client, validity: CertificateValidity(lifetime: lifetime),
            alternativeNames: names.isEmpty ? request.alternativeNames : names, more: details.more
        ).content(request.publicKey)
        let chain = try directory.authority(details.from ?? "intermediate").sign(content)
        try replace(name, chain, key: nil)
    }

    private func renew(_ name: String) throws {
        let former = try directory.chain(name)
        let held = directory.has("\(name).key") ? try directory.read(name).key : nil
        let key = try details.sameKey ? held : held.map { try (details.key ?? KeyKind(of: $0.publicKey)).generate() }
        guard details.sameKey || key != nil else {
            throw LabError("\(name).key is not there, whose owner must ask with a new request; or renew it with --same-key")
        }
        let content = try CertificateContent(
            renewing: former.certificate, publicKey: key?.publicKey ?? former.certificate.publicKey, lifetime: lifetime)
        let chain: CertificateChain
        if former.certificate.isSelfSigned, details.from == nil {
            guard let key else { throw LabError("\(name) is signed by its own key, which is not there") }
            chain = try content.selfSigned(by: key).chain
        } else {
            chain = try (details.from.map(directory.authority) ?? directory.issuer(of: former.certificate).authority).sign(content)
        }
        try replace(details.as ?? name, chain, key: key)
    }

    /// Writes what was issued; what was there stays as NAME.previous, to be shown for a while, or to be revoked.
    ///
    /// - Parameter key: nil where somebody else holds it.
    private func replace(_ name: String, _ chain: CertificateChain, key: Certificate.PrivateKey?) throws {
        let held = directory.has("\(name).key") ? try Certificate.PrivateKey(pemEncoded: directory.text("\(name).key")) : nil
        if key == nil, let held, held.publicKey != chain.certificate.publicKey {
            throw LabError("\(name).key is there, and is another key than the certificate's: give that another name by --as")
        }
        if directory.has("\(name).pem") {
            let former = try directory.chain(name)
            try directory.write(former.pem, to: "\(name).previous.pem")
            if let held { try directory.write(IssuedCertificate(chain: former, key: held), as: "\(name).previous") }
            // What was revoked goes with the key that signed it: its list is the former authority's to sign.
            if former.certificate.publicKey != chain.certificate.publicKey { try directory.move("\(name).revoked", to: "\(name).previous.revoked") }
        }
        if let key {
            try directory.write(IssuedCertificate(chain: chain, key: key), as: name)
        } else {
            try directory.write(chain.pem, to: "\(name).pem")
        }
        try Self.show(name, chain.certificate)
    }

    private func revoke(_ name: String) throws {
        let certificate = try directory.chain(name).certificate
        let issuer = try directory.issuer(of: certificate).name
        var register = try RevocationRegister(of: issuer, in: directory)
        try register.revoke(certificate, named: name, reason: details.reason ?? .unspecified)
        print("\(name) is in \(issuer).revoked; --crl \(issuer) signs the list")
    }

    private func writeList(_ authority: String) throws {
        let list = RevocationList(
            issuer: try directory.authority(authority), entries: try RevocationRegister(of: authority, in: directory).entries,
            times: UpdateTimes(nextIn: (details.nextUpdate ?? .sevenDays).seconds))
        let file = "\(authority).crl"
        try directory.write(details.der ? Data(list.encoded) : Data(list.pem.utf8), to: file)
        print("\(file) lists \(list.entries.count)")
    }

    private func subject(_ name: String) throws -> DistinguishedName {
        try LabAuthority.distinguishedName(details.commonName ?? name, organization: details.organization ?? LabAuthority.organization)
    }
}
