/// The files that a configuration names, in an order of their own that only its text decides.
///
/// Not among them are files of issuers' keys (`tokens[].keys`): those are looked at again while Holdfast runs.
extension HoldfastConfiguration {
    package var namedFiles: [LocatedPath] {
        var files = listener.identity.files + listener.identities.flatMap(\.pair.files)
        for (_, trust) in trusts {
            switch trust {
            case .authorities(let authorities, _): files += authorities.flatMap { [$0.file] + ($0.revocation?.files ?? []) }
            case .spiffe(let bundle, _): files.append(bundle)
            case .any: break
            }
        }
        files += (clients + listener.identities.flatMap(\.clients)).flatMap(\.files)
        files += intermediates + listener.identities.flatMap(\.intermediates)
        if let denyList { files.append(denyList) }
        files += upstreams.map(\.credentialsFile).compactMap(\.self)
        files += [forward.context?.privateKey].compactMap(\.self)
        files += tokens.flatMap(\.namedFiles)
        files += upstreams.flatMap(\.tlsFiles)
        files += decisions?.files ?? []
        files += otlp?.files ?? []
        return files
    }
}

extension HoldfastConfiguration {
    /// Whose certificates are accepted at all of the listener's identities, with the keys that say so.
    package var trusts: [(key: String, trust: ClientTrust)] {
        [("client_certificates", clientTrust)]
            + listener.identities.enumerated().compactMap { index, identity in
                identity.clientTrust.map { ("listener.identities[\(index)].client_certificates", $0) }
            }
    }
}

extension HoldfastConfiguration.Listener {
    /// Whoever names no host in the handshake has asked for an address. Where there are several identities, that is one of our own hosts
    /// only if it says so.
    package var servesUnnamed: Bool {
        identities.isEmpty || hosts.contains { HostName.isIPv4($0) || $0.hasPrefix("[") }
    }
}

extension HoldfastConfiguration.TokenIssuer {
    package var namedFiles: [LocatedPath] {
        [certificateAuthorities].compactMap(\.self) + (introspection?.authentication.files ?? [])
    }
}

extension HoldfastConfiguration.Upstream {
    /// Of the connection to it.
    package var tlsFiles: [LocatedPath] { [tls?.certificateAuthorities].compactMap(\.self) + (tls?.identity?.files ?? []) }
}

extension HoldfastConfiguration.Revocation {
    fileprivate var files: [LocatedPath] { lists + [certificateAuthorities].compactMap(\.self) }
}

extension HoldfastConfiguration.KeyPair {
    fileprivate var files: [LocatedPath] { [certificate, privateKey] }
}

extension HoldfastConfiguration.Introspection.Authentication {
    fileprivate var files: [LocatedPath] {
        switch self {
        case .tlsClientAuth(let pair): pair.files
        case .privateKeyJWT(let key, _): [key]
        case .clientSecretBasic(let file): [file]
        }
    }
}
