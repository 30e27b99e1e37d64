import ClientIdentity
import HoldfastConfiguration
import Logging
import NIOCore
import ProxyEngine
import Synchronization
import Timekeeping

/// A listener for the resource's metadata alone, over TLS, that asks for no client certificate: who has none cannot reach the other.
/// Document and certificate are those of the generation in force.
enum MetadataServer {
    static func start(
        _ first: ResourceMetadata, at place: ListeningPlace, of generations: Generations, group: any EventLoopGroup, connections: Int,
        logger: Logger
    ) async throws -> PageServer {
        let contexts = PublicContexts(generations)
        return try await PageServer(
            "resource", at: place, group: group, connections: connections,
            tls: { try contexts.current().makePublicHandler(now: WallClock.seconds()) },
            absence: "not found; there is \(String(decoding: first.page.path, as: UTF8.self))\n", logger: logger
        ) { question in
            guard let page = generations.current.blueprint.metadata?.page, question.path.utf8.elementsEqual(page.path),
                question.query.map({ Array($0.utf8) }) == page.query
            else { return nil }
            return PageServer.Page(
                contentType: page.contentType, cacheControl: "max-age=\(page.maximumAge)", body: String(decoding: page.body, as: UTF8.self))
        }
    }
}

/// The TLS contexts of the generation in force, made when they are first asked for.
private final class PublicContexts: Sendable {
    private let generations: Generations
    private let made = Mutex<(generation: Int, contexts: ServerTLSContexts)?>(nil)

    init(_ generations: Generations) { self.generations = generations }

    func current() throws -> ServerTLSContexts {
        let generation = generations.current
        return try made.withLock { made in
            if let made, made.generation == generation.number { return made.contexts }
            let contexts = try ServerTLSContexts(generation.blueprint.sites[0].tls.withoutClientCertificates, now: WallClock.seconds())
            made = (generation.number, contexts)
            return contexts
        }
    }
}
