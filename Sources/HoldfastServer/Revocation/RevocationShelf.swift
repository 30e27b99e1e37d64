import ClientIdentity
import Credentials
import HTTPWire
import HoldfastConfiguration
import NIOSSL
import Synchronization

/// The revocation lists of files, from one generation to the next: a file that says what it said before is not read into memory once more, and
/// one that says something else is verified with the keys that the lists before it were verified with. One for the life of the process.
///
/// Holds no list itself: those that no generation has go.
final class RevocationShelf: Sendable {
    private struct Place {
        struct Reference { weak var list: RevocationList? }

        let content: ContentDigest
        let references: [Reference]

        /// Nil where one has gone.
        var lists: [RevocationList]? {
            let lists = references.compactMap(\.list)
            return lists.count == references.count ? lists : nil
        }
    }

    private struct Desk { weak var desk: StatusDesk? }

    private struct Keeper { weak var keeper: ListKeeper? }

    /// Of what is fetched.
    let changes = TrustChanges()
    private let desks = Mutex<[Desk]>([])
    private let faults = Mutex<(@Sendable (String) -> Void)?>(nil)
    private let keepers = Mutex<[Keeper]>([])
    private let places = Mutex<[String: Place]>([:])

    /// Told what goes wrong with responders, in words.
    func tellFaults(_ report: @escaping @Sendable (String) -> Void) { faults.withLock { $0 = report } }

    func desk(_ settings: StatusDesk.Settings) -> StatusDesk {
        desks.withLock { desks in
            if let kept = desks.lazy.compactMap(\.desk).first(where: { $0.settings == settings }) { return kept }
            desks.removeAll { $0.desk == nil }
            let desk = StatusDesk(
                settings, changes, send: { await StatusTransport.send($0, to: $1, seconds: $2) },
                report: { [weak self] words in self?.faults.withLock { $0 }?(words) })
            desks.append(Desk(desk: desk))
            return desk
        }
    }

    /// One that looks differently begins with the lists of another of its URL: how they are fetched says nothing about what they say.
    /// - Parameters:
    ///   - refresh: seconds between two looks at most.
    ///   - authorities: CAs trusted besides the system's.
    func keeper(of url: HTTPURL, refresh: Double, _ authorities: [NIOSSLCertificate] = []) -> ListKeeper {
        keepers.withLock { keepers in
            keepers.removeAll { $0.keeper == nil }
            let others = keepers.compactMap(\.keeper).filter { $0.url == url }
            if let kept = others.first(where: { $0.refresh == refresh && $0.authorities == authorities }) { return kept }
            let keeper = ListKeeper(url, refresh: refresh, authorities, changes, after: others.first { !$0.lists.lists.isEmpty })
            keepers.append(Keeper(keeper: keeper))
            return keeper
        }
    }

    /// Takes milliseconds for each megabyte.
    func lists(of file: LocatedPath) throws(CredentialFault) -> [RevocationList] {
        let content = ContentDigest(of: [file])
        let place = places.withLock { $0[file.path] }
        let earlier = place?.references.compactMap(\.list) ?? []
        if let place, place.content == content, let lists = place.lists { return lists }
        let lists = try RevocationListFile.read(file.path)
        for list in lists { for before in earlier { list.prepare(after: before) } }
        places.withLock { places in
            places = places.filter { $0.value.references.contains { $0.list != nil } }
            places[file.path] = Place(content: content, references: lists.map { Place.Reference(list: $0) })
        }
        return lists
    }
}
