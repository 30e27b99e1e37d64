import Credentials
import HoldfastConfiguration
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

    private let places = Mutex<[String: Place]>([:])

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
