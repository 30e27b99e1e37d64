import ClientIdentity
import Credentials
import Files
import HTTPWire
import HoldfastConfiguration
import Timekeeping

/// What is to be said of certificates and keys that can be used and that others will not take, or that others can read. Asked at start, by
/// `check`, and whenever readiness is asked for in full: certificates expire while the program runs.
struct CredentialReview: Sendable {
    private enum Item: Sendable {
        /// What we show to clients, who ask for these hosts.
        case server([Certificate], hosts: [String])
        /// What we show to servers.
        case client([Certificate])
        case authorities([Certificate])
        /// Lent to clients; `stray` are those of them that are of no use.
        case intermediates([Certificate], stray: [CertificateConcern])
        /// Of one file, with all that its authority's clients are held against.
        case revocationLists([RevocationList], RevocationPolicy)
        /// Whichever are there.
        case fetchedLists(FetchedLists)
        /// A file whose content nobody else may know.
        case secret(path: String)

        /// Those that matter: one that a later one stands in for is of no consequence. Nil for what has none.
        var lists: [RevocationList]? {
            switch self {
            case .revocationLists(let lists, let policy): Self.current(lists, beside: policy.lists)
            case .fetchedLists(let lists): Self.current(lists.lists, beside: lists.lists)
            default: nil
            }
        }

        private static func current(_ lists: [RevocationList], beside all: [RevocationList]) -> [RevocationList] {
            lists.filter { list in !all.contains { $0 !== list && $0.supersedes(list) } }
        }

        var certificates: [Certificate] {
            switch self {
            case .server(let certificates, _), .client(let certificates), .authorities(let certificates), .intermediates(let certificates, _):
                certificates
            case .revocationLists, .fetchedLists, .secret: []
            }
        }
    }

    private var items: [(key: String, item: Item)] = []

    mutating func watch(server file: LocatedPath, _ identity: TLSIdentity, hosts: [String]) {
        items.append((file.keyPath, .server(identity.certificates, hosts: hosts)))
    }

    mutating func watch(client file: LocatedPath, _ identity: TLSIdentity) { items.append((file.keyPath, .client(identity.certificates))) }

    mutating func watch(authorities file: LocatedPath, _ anchors: TrustAnchors) {
        items.append((file.keyPath, .authorities(anchors.authorities)))
    }

    mutating func watch(intermediates file: LocatedPath, _ read: Intermediates, stray: [CertificateConcern]) {
        items.append((file.keyPath, .intermediates(read.certificates, stray: stray)))
    }

    /// - Parameter isAlone: whether its key names no other file.
    mutating func watch(revocationLists file: LocatedPath, _ lists: [RevocationList], of policy: RevocationPolicy, isAlone: Bool) {
        items.append((isAlone ? file.keyPath : "\(file.keyPath) (\(file.path))", .revocationLists(lists, policy)))
    }

    mutating func watch(fetchedLists url: HTTPURL, _ lists: FetchedLists) { items.append((url.shown, .fetchedLists(lists))) }

    mutating func watch(secret file: LocatedPath) { items.append((file.keyPath, .secret(path: file.path))) }

    /// Every certificate that is shown or trusted, a key after the other.
    var held: [HeldCertificate] {
        items.flatMap { key, item in item.certificates.compactMap { HeldCertificate($0, of: key) } }
    }

    /// Whom the files of authorities trust, one each.
    func trusted(now: Double) -> [TrustedAuthorities] {
        items.compactMap { key, item in
            guard case .authorities(let certificates) = item else { return nil }
            return TrustedAuthorities(key: key, certificates.compactMap { HeldCertificate($0, of: key) }, now: now)
        }
    }

    /// Seconds until the first certificate of a file expires, by the key that names the file; below zero where that was.
    func secondsToExpiry(now: Double) -> [String: Double] {
        let ends = items.compactMap { key, item in
            item.certificates.compactMap { $0.parsed?.window?.notAfter }.min().map { (key, ($0 - now).rounded()) }
        }
        return Dictionary(ends) { min($0, $1) }
    }

    /// Likewise until the first list of a file is to be followed by another.
    func secondsToNextUpdate(now: Double) -> [String: Double] {
        let ends = items.compactMap { key, item -> (String, Double)? in
            guard let lists = item.lists else { return nil }
            return lists.compactMap(\.nextUpdate).min().map { (key, ($0 - now).rounded()) }
        }
        return Dictionary(ends) { min($0, $1) }
    }

    /// A sentence each, beginning with its key.
    ///
    /// - Parameter now: seconds since 1970.
    func warnings(now: Double) -> [String] {
        items.flatMap { key, item in
            switch item {
            case .server(let certificates, let hosts):
                CertificateReview.ofServer(certificates, hosts: hosts, now: now).map { Self.sentence(key, $0, "clients refuse it") }
            case .client(let certificates):
                CertificateReview.ofClient(certificates, now: now).map { Self.sentence(key, $0, "who asks for it may refuse it") }
            case .authorities(let certificates):
                CertificateReview.ofAuthorities(certificates, now: now).map { Self.sentence(key, $0, "nothing that it issued is accepted") }
            case .intermediates(let certificates, let stray):
                (CertificateReview.ofAuthorities(certificates, now: now) + stray).map {
                    Self.sentence(key, $0, "it completes no client's path")
                }
            case .revocationLists, .fetchedLists:
                (item.lists ?? []).filter { $0.nextUpdate.map { $0 < now } ?? false }.map {
                    "\(key): the list of \($0.issuer) was to be followed by another at \(Timestamp.text($0.nextUpdate ?? now)): fetch that."
                }
            case .secret(let path):
                RegularFile.isOpenToOthers(path) == true
                    ? [
                        "\(key) (\(path)) can be read or changed by every user of this machine, and whoever has it can pretend to be Holdfast: `chmod o-rwx` it."
                    ] : []
            }
        }
    }

    private static func sentence(_ key: String, _ concern: CertificateConcern, _ consequence: String) -> String {
        let name = concern.subject.isEmpty ? "" : " (\(concern.subject))"
        let what = "\(key): certificate \(concern.position)\(name)"
        return switch concern.kind {
        case .expired(let moment): "\(what) expired at \(Timestamp.text(moment)): \(consequence)."
        case .notYetValid(let moment): "\(what) is not valid before \(Timestamp.text(moment)): \(consequence)."
        case .weakKey(let kind): "\(what) has too weak a key, \(kind): \(consequence). Use RSA with 2048 bits or more, P-256 or Ed25519."
        case .weakSignature: "\(what) is signed with SHA-1 or MD5: \(consequence)."
        case .namesNoHost: "\(what) names no host in its subjectAltName, and clients look nowhere else: \(consequence)."
        case .otherHosts(let hosts):
            "\(what) does not name \(hosts.prefix(5).joined(separator: ", ")), which listener.hosts serves: clients refuse it there."
        case .notForServers: "\(what) is not for servers (its extended key usage lacks serverAuth): \(consequence)."
        case .notForClients: "\(what) is not for clients (its extended key usage lacks clientAuth): \(consequence)."
        case .leadsNowhere: "\(what) leads to no configured authority: \(consequence). Remove it, or write its authority."
        case .chainBroken:
            "\(what) was not issued by the certificate that follows it: clients may find no path. Write the certificates in order, each followed by its issuer's."
        }
    }
}
