import ClientIdentity
import Credentials
import HoldfastConfiguration
import NIOSSL
import TokenValidation

/// Gathers what is wrong with files, so that all of it is told at once, and what is to be watched of those that can be used.
struct MistakeCollector {
    private var mistakes: [ConfigurationMistake] = []
    private(set) var review = CredentialReview()
    private(set) var statusDesks: [(file: String, desk: StatusDesk)] = []
    private(set) var listKeepers: [ListKeeper] = []
    private let shelf: RevocationShelf

    init(_ shelf: RevocationShelf) { self.shelf = shelf }

    var isEmpty: Bool { mistakes.isEmpty }

    mutating func load<Value>(_ file: LocatedPath, _ body: () throws(CredentialFault) -> Value) -> Value? {
        do throws(CredentialFault) {
            return try body()
        } catch {
            add(file, error)
            return nil
        }
    }

    /// A certificate and its key that are shown to clients who ask for these hosts, or, where `hosts` is nil, to servers.
    mutating func load(_ pair: HoldfastConfiguration.KeyPair, shownFor hosts: [String]?) -> ServerCredentials? {
        do throws(CredentialFault) {
            let credentials = try ServerCredentials(certificateFile: pair.certificate.path, keyFile: pair.privateKey.path)
            if let hosts {
                review.watch(server: pair.certificate, credentials.identity, hosts: hosts)
            } else {
                review.watch(client: pair.certificate, credentials.identity)
            }
            review.watch(secret: pair.privateKey)
            return credentials
        } catch {
            add(error.file == pair.privateKey.path ? pair.privateKey : pair.certificate, error)
            return nil
        }
    }

    mutating func loadAuthorities(_ file: LocatedPath) -> TrustAnchors? {
        let anchors = load(file) { () throws(CredentialFault) in try TrustAnchors(file: file.path) }
        if let anchors { review.watch(authorities: file, anchors) }
        return anchors
    }

    /// The authorities of a SPIFFE trust domain.
    mutating func loadBundle(_ file: LocatedPath) -> TrustAnchors? {
        let anchors = load(file) { () throws(CredentialFault) in try TrustAnchors(SPIFFEBundle.read(file.path), of: file.path) }
        if let anchors { review.watch(authorities: file, anchors) }
        return anchors
    }

    /// Authorities with what is lent to their clients; a file that cannot be used is among the mistakes.
    mutating func loadIntermediates(_ files: [LocatedPath], below anchors: TrustAnchors) -> TrustAnchors {
        var read: [(LocatedPath, Intermediates)] = []
        for file in files {
            if let one = load(file, { () throws(CredentialFault) in try Intermediates(file: file.path) }) { read.append((file, one)) }
        }
        let lending = anchors.lending(read.map(\.1))
        for (file, one) in read {
            review.watch(intermediates: file, one, stray: CertificateReview.ofIntermediates(one, among: lending))
        }
        return lending
    }

    /// Nil where any file of it cannot be used; each says so.
    ///
    /// - Parameter file: of the authorities whose certificates it is about.
    mutating func load(_ revocation: HoldfastConfiguration.Revocation, of file: LocatedPath) -> RevocationPolicy? {
        if let responders = revocation.responders {
            let desk = shelf.desk(StatusDesk.Settings(responders))
            statusDesks.append((file.path, desk))
            return RevocationPolicy(
                asking: desk, scope: .init(revocation.scope), whenUnreachable: .init(revocation.whenStale))
        }
        let shelf = shelf
        let read = revocation.lists.map { file in load(file) { () throws(CredentialFault) in try shelf.lists(of: file) } }
        guard !read.contains(where: { $0 == nil }) else { return nil }
        var authorities: [NIOSSLCertificate] = []
        if let file = revocation.certificateAuthorities {
            guard let anchors = loadAuthorities(file) else { return nil }
            authorities = anchors.forTLS
        }
        let keepers = revocation.urls.map { shelf.keeper(of: $0, refresh: revocation.refresh.seconds, authorities) }
        for keeper in keepers where !listKeepers.contains(where: { $0 === keeper }) {
            listKeepers.append(keeper)
            review.watch(fetchedLists: keeper.url, keeper.lists)
        }
        let policy = RevocationPolicy(
            lists: read.compactMap(\.self).flatMap(\.self), fetched: keepers.map(\.lists), scope: .init(revocation.scope),
            whenStale: .init(revocation.whenStale))
        for case (let file, let lists?) in zip(revocation.lists, read) {
            review.watch(revocationLists: file, lists, of: policy, isAlone: revocation.lists.count == 1)
        }
        return policy
    }

    /// A file that nobody else may read.
    mutating func loadSecret<Value>(_ file: LocatedPath, _ body: () throws(CredentialFault) -> Value) -> Value? {
        review.watch(secret: file)
        return load(file, body)
    }

    mutating func watch(authorities file: LocatedPath, _ anchors: TrustAnchors) { review.watch(authorities: file, anchors) }

    mutating func add(_ file: LocatedPath?, _ fault: CredentialFault) {
        guard let file else {
            mistakes.append(ConfigurationMistake(file: fault.file, position: nil, keyPath: "", message: "This file \(fault.problem)."))
            return
        }
        let subject = fault.file == file.path ? "This file" : "`\(fault.file)`"
        mistakes.append(file.mistake("\(subject) \(fault.problem)."))
    }

    mutating func add(_ file: LocatedPath, _ problem: String) { mistakes.append(file.mistake("This file \(problem).")) }

    mutating func add(_ client: HoldfastConfiguration.RegisteredClient, in configuration: String, _ message: String) {
        mistakes.append(ConfigurationMistake(file: configuration, position: client.position, keyPath: client.keyPath, message: message))
    }

    mutating func add(_ configuration: HoldfastConfiguration, _ keyPath: String, _ message: String) {
        mistakes.append(ConfigurationMistake(file: configuration.file, position: nil, keyPath: keyPath, message: message))
    }

    func error(_ configuration: HoldfastConfiguration) -> ConfigurationMistakes {
        ConfigurationMistakes(
            isEmpty
                ? [ConfigurationMistake(file: configuration.file, position: nil, keyPath: "", message: "The configuration cannot be used.")]
                : mistakes)
    }
}

extension RevocationPolicy.Scope {
    fileprivate init(_ configured: HoldfastConfiguration.Revocation.Scope) {
        self =
            switch configured {
            case .leaf: .leaf
            case .chain: .chain
            }
    }
}

extension RevocationPolicy.Staleness {
    fileprivate init(_ configured: HoldfastConfiguration.Revocation.Staleness) {
        self =
            switch configured {
            case .refuse: .refuse
            case .accept: .accept
            }
    }
}

extension StatusDesk.Settings {
    fileprivate init(_ configured: HoldfastConfiguration.Responders) {
        self.init(
            responder: configured.responder, hosts: configured.fromCertificate, cache: configured.cache.seconds, timeout: configured.timeout.seconds)
    }
}
