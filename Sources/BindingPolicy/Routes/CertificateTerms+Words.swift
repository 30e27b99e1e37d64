extension CertificateTerms.Term.Kind {
    /// As the configuration calls it.
    package var words: String {
        switch self {
        case .organization: "organization"
        case .subject(let type): "subject \(type)"
        case .dns: "dns"
        case .uri: "uri"
        case .otherName(let type): "other_name \(type)"
        case .spiffeID: "spiffe_id"
        }
    }
}
