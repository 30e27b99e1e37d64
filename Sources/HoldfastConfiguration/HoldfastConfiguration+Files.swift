/// The files that a configuration names, in an order of their own that only its text decides.
///
/// Not among them are files of issuers' keys (`tokens[].keys`): those are looked at again while Holdfast runs.
extension HoldfastConfiguration {
    package var namedFiles: [LocatedPath] {
        var files = listener.identity.files
        if case .authorities(let authorities, _) = clientTrust { files += authorities.flatMap { [$0.file] + ($0.revocation?.lists ?? []) } }
        files += intermediates
        if let denyList { files.append(denyList) }
        files += tokens.flatMap(\.namedFiles)
        files += [upstream.tls?.certificateAuthorities].compactMap(\.self) + (upstream.tls?.identity?.files ?? [])
        return files
    }
}

extension HoldfastConfiguration.TokenIssuer {
    package var namedFiles: [LocatedPath] {
        [certificateAuthorities].compactMap(\.self) + (introspection?.authentication.files ?? [])
    }
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
