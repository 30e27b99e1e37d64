extension HoldfastConfiguration.ClientTrust {
    private enum Word: String, CaseIterable { case authorities, any }

    /// - `trust` (`authorities` or `any`; required, since neither is to be had by forgetting)
    /// - `authorities` (file, PEM; with `trust: authorities`, and only then)
    init?(_ root: Section, _ folder: String, _ profile: HoldfastConfiguration.Profile?) {
        guard
            let section = root.section(
                "client_certificates", known: ["trust", "authorities"],
                later: [
                    "revocation_lists":
                        "This version of Holdfast does not look into revocation lists, and does not pretend to: a revoked certificate would pass. Remove the key once you can accept that."
                ])
        else {
            root.miss(
                "client_certificates",
                "Write which certificates are accepted: `trust: authorities` with `authorities: ca.pem`, or `trust: any`.")
            return nil
        }
        let trust = section.required(
            "trust",
            "Write `authorities` (a path to one of your CAs) or `any` (whatever certificate; the binding of the token is then the only check)."
        ) { node throws(Complaint) in
            let word = try choice(Word.self)(node)
            guard profile != .cdr || word != .any else {
                throw Complaint("With `profile: cdr` only certificates of the CDR's own CA are accepted. Write `authorities`.")
            }
            return word
        }
        let file = section.file("authorities", in: folder)
        switch trust {
        case .authorities:
            guard section.has("authorities") else {
                section.miss(
                    "authorities", "With `trust: authorities`, write the file with the CAs that clients' certificates come from, in PEM.")
                return nil
            }
            guard let file else { return nil }
            self = .authorities(file)
        case .any:
            guard !section.has("authorities") else {
                section.complain("With `trust: any` no CA is looked at. Write `trust: authorities`, or remove this key.", "authorities")
                return nil
            }
            self = .any
        case nil:
            return nil
        }
    }
}
