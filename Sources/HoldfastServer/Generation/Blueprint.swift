import AccessControl
import BindingPolicy
package import ClientIdentity
import Credentials
import Files
import HTTPWire
package import HoldfastConfiguration
import NIOCore
import NIOSSL
import ProxyEngine
import Timekeeping
import TokenValidation

/// Everything a configuration stands for, loaded and fitting together, with nothing started yet: every file it names has
/// been read and understood. The event loops make what they own from it.
///
/// A class, since it is large and many hold it: copies of it in the frame of `explain` came to 47 KB, which the compiler (Swift 6.3.1)
/// then measured wrongly, so that the frame's end was written beyond.
package final class Blueprint: Sendable {
    let configuration: HoldfastConfiguration
    /// Of the configuration's text and the files it names: what is told of a generation, so that it can be known again.
    package var digest: String { contents.description }
    let contents: ContentDigest
    /// Of the same files, from before they were read: what has changed since is seen.
    let states: FileStates
    /// The listener's own first.
    let sites: [Site]
    /// Of fronts that ask for decisions over TLS; nil where none do.
    let frontSite: FrontSite?
    let denied: DenyList
    let issuers: [IssuerPlan]
    let strips: StripList
    let settings: EngineSettings
    /// Nil where requests are not signed.
    let context: ContextSigner?
    /// Nil where no collector is sent anything.
    let export: ExportPlan?
    let access: AccessControl
    let metadata: ResourceMetadata?
    /// The one first that requests go to whose route names no other.
    let upstreams: [UpstreamPlan]
    package let descriptors: DescriptorPlan
    /// The process's, whatever generation a connection to the upstream is of.
    let upstreamSockets: SocketRoom
    /// The process's too.
    let board: UpstreamBoard
    let review: CredentialReview
    /// Who asks responders about certificates, by the file of their authorities.
    let statusDesks: [(file: String, desk: StatusDesk)]
    /// Of the revocation lists that are fetched.
    let listKeepers: [ListKeeper]
    /// For the next one.
    let shelf: RevocationShelf

    /// Finds every mistake that only the contents of the named files show.
    ///
    /// - Parameters:
    ///   - descriptorLimit: how many this process can have open.
    ///   - inherited: how many it has.
    ///   - start: what the process began with, for a reload: what waits for a restart counts as it is there.
    package init(
        _ configuration: HoldfastConfiguration, descriptorLimit: Int = DescriptorLimit.reachable,
        inherited: Int = DescriptorLimit.countInherited(), since start: Blueprint? = nil
    ) throws(ConfigurationMistakes) {
        shelf = start?.shelf ?? RevocationShelf()
        var mistakes = MistakeCollector(shelf)
        states = FileStates(of: [configuration.file] + configuration.namedFiles.map(\.path))
        let contents = ContentDigest(of: configuration.text, configuration.namedFiles)
        let demand = DescriptorPlan.Demand(configuration, inherited: inherited, since: start?.descriptors.demand)
        let descriptors = DescriptorPlan(demand, limit: descriptorLimit)
        let sockets = start?.upstreamSockets ?? SocketRoom(descriptors.upstreamSockets)
        let board = start?.board ?? UpstreamBoard()
        var questions = descriptors.questions[...]
        let clients = ClientAnchors(
            configuration.clientTrust, configuration.clients, intermediates: configuration.intermediates,
            depth: configuration.maxIntermediates, of: configuration.file, &mistakes)
        let identities = [nil] + configuration.listener.identities.map { Optional($0) }
        let sites = identities.compactMap { Site(configuration, $0, clients: clients, &mistakes) }
        // A socket that waits for a restart goes on as it is.
        let isLeftAlone = start?.configuration.decisions?.isOverNetwork == true && configuration.decisions?.isOverNetwork != true
        let frontSite = isLeftAlone ? start?.frontSite : configuration.decisions.flatMap { FrontSite($0, of: configuration.file, &mistakes) }
        let denied = configuration.denyList.map { file in mistakes.load(file) { () throws(CredentialFault) in try DenyList(file: file.path) } }
        let issuers = configuration.tokens.map {
            IssuerPlan($0, claimNames: configuration.claimNames, questions: $0.introspection.flatMap { _ in questions.popFirst() } ?? 0, &mistakes)
        }
        let upstreams = configuration.upstreams.compactMap {
            UpstreamPlan($0, configuration.forward, pseudonym: Self.pseudonym, descriptors, sockets, board, &mistakes)
        }
        let strips = Self.strips(configuration)
        do { metadata = try ResourceMetadata(configuration) } catch {
            metadata = nil
            mistakes.add(configuration, "resource", "The metadata cannot be written as JSON: \(error).")
        }
        context = configuration.forward.context.flatMap { ContextSigner($0, &mistakes) }
        export = configuration.otlp.flatMap { ExportPlan($0, &mistakes) }
        if strips == nil { mistakes.add(configuration, "forward", "The names to strip or the thumbprint header are not possible field names.") }
        if contents != ContentDigest(of: configuration.text, configuration.namedFiles) {
            mistakes.add(configuration, "", "A file that it names was written while it was read. Try again.")
        }
        guard mistakes.isEmpty, sites.count == identities.count, upstreams.count == configuration.upstreams.count, let strips else {
            throw mistakes.error(configuration)
        }
        self.configuration = configuration
        self.contents = contents
        self.sites = sites
        self.frontSite = frontSite
        self.denied = (denied ?? nil) ?? .empty
        self.issuers = issuers
        self.strips = strips
        settings = EngineSettings(configuration, metadata: metadata, context: context)
        self.descriptors = descriptors
        upstreamSockets = sockets
        self.board = board
        access = AccessControl(configuration, pseudonym: Self.pseudonym, metadata: metadata)
        self.upstreams = upstreams
        review = mistakes.review
        listKeepers = mistakes.listKeepers
        statusDesks = mistakes.statusDesks
    }

    /// Of this process alone, so that a request that comes back to it is known from one that passed another Holdfast.
    private static let pseudonym = "holdfast-" + String(UInt32.random(in: .min ... .max), radix: 36)

    /// The listener's own; there is always one.
    package var serverCertificate: CertificateSummary { sites[0].certificate }

    /// The identity that clients who ask for `serverName` mean; nil for a host that is not served. Where no hosts are listed, all are.
    func site(for serverName: String?) -> SiteIndex? {
        guard let name = serverName?.lowercased() else { return configuration.listener.servesUnnamed ? .listeners : nil }
        if sites.count == 1, sites[0].hosts.isEmpty { return .listeners }
        return Array(name.utf8).withUnsafeBytes { ServedHosts.best(sites.map(\.served), for: $0) }.map { SiteIndex($0) }
    }

    /// Which certificates are let in there, with nothing remembered yet.
    ///
    /// - Parameter seen: the process's.
    func authenticator(for site: Site, seen: SeenCertificates? = nil) -> ClientAuthenticator {
        ClientAuthenticator(
            site.trust, denied: denied, seen: seen, changes: shelf.changes, readsFacts: configuration.readsCertificates, clients: site.clients)
    }

    // MARK: Parts

    /// Whatever the upstream is to believe comes from us alone: clients' fields of those names go, and of their families.
    private static func strips(_ configuration: HoldfastConfiguration) -> StripList? {
        let forward = configuration.forward
        return try? StripList(
            trustedHeader: forward.thumbprintHeader, dialects: forward.certificate, additional: forward.strip,
            set: forward.claims.map(\.header) + forward.client.map(\.header) + [forward.context?.header].compactMap(\.self)
                + forward.clientAddress.fieldNames
                + [
                    EngineSettings.reportHeader
                ], kept: forward.keep,
            managesInteractionID: forward.interactionID != .pass, continuesTraces: forward.trace == .continue)
    }
}
