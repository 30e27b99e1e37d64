/// Patterns by the segments of their literals: what a look costs depends on the path and on how deep the patterns reach, not on how many
/// there are.
///
/// All nodes share one table of edges, by parent and segment. What peers send is only looked up in it and never put into it, so no path
/// makes a bucket longer: whichever bucket a peer aims at holds at most ``chainLimit`` edges, which is seen to as the table is made, and
/// telling an edge from another costs one comparison of hashes. The seed is drawn anew for each table, so that nobody can know from
/// outside which segments share a bucket.
struct RouteTree: Sendable {
    /// Edges in one bucket. With two buckets for each edge, one table in some millions needs another seed.
    static let chainLimit = 8
    private static let seedsTried = 16

    /// Where the walk along a path ended.
    struct Reach: Equatable {
        /// The deepest node on the path.
        let node: Int
        /// Whether the path ends there, or goes on with segments that no pattern has.
        let isWhole: Bool
        /// Of the segments that no pattern has there is one, and it is empty: the path ends there but for a slash.
        let isButForSlash: Bool
    }

    private struct Node {
        /// -1 of the root.
        let parent: Int
        /// The child by the empty segment, -1 where there is none.
        var slashed = -1
        var isSlashed = false
        /// Places of the patterns that end here.
        var exact = 0..<0
        var below = 0..<0
        /// The nearest node, this one or above it, that has patterns for what is below; -1 where there is none.
        var nearestBelow = -1
    }

    private struct Edge {
        let hash: UInt64
        let parent: Int
        let child: Int
        /// In `names`.
        let name: Range<Int>
    }

    private let seed: UInt64
    /// The root, which is the empty literal, first; each parent before its children.
    private let nodes: [Node]
    /// In the order of their buckets.
    private let edges: [Edge]
    /// Where each bucket starts in `edges`, and at last the end: one more than a power of two.
    private let starts: [Int]
    private let names: [UInt8]
    private let places: [Int]

    /// - Parameter seed: of the hash; nothing but the time of a look depends on it.
    init(_ patterns: [RoutePattern], seed: UInt64) {
        var draft = RouteTreeDraft()
        for (place, pattern) in patterns.enumerated() { draft.add(pattern, at: place) }
        var places: [Int] = []
        func take(_ some: [Int]) -> Range<Int> {
            places += some
            return places.count - some.count..<places.count
        }
        var nodes: [Node] = []
        for (index, one) in draft.nodes.enumerated() {
            var node = Node(parent: one.parent)
            node.exact = take(one.exact)
            node.below = take(one.below)
            node.nearestBelow = one.below.isEmpty ? one.parent < 0 ? -1 : nodes[one.parent].nearestBelow : index
            if one.name.isEmpty, one.parent >= 0 {
                node.isSlashed = true
                nodes[one.parent].slashed = index
            }
            nodes.append(node)
        }
        self.nodes = nodes
        self.places = places
        names = draft.nodes.flatMap(\.name)
        (self.seed, edges, starts) = Self.buckets(of: draft, seed: seed)
    }

    private static func buckets(of draft: RouteTreeDraft, seed: UInt64) -> (UInt64, [Edge], [Int]) {
        var count = 2
        while count < 2 * draft.nodes.count { count *= 2 }
        var seed = seed
        for attempt in 1... {
            var buckets = [[Edge]](repeating: [], count: count)
            var position = 0
            for (child, node) in draft.nodes.enumerated() {
                let name = position..<position + node.name.count
                position = name.upperBound
                guard node.parent >= 0 else { continue }
                let hash = node.name.withUnsafeBytes { Self.hash($0, below: node.parent, seed: seed) }
                buckets[Self.bucket(of: hash, count)].append(Edge(hash: hash, parent: node.parent, child: child, name: name))
            }
            if attempt >= seedsTried || buckets.allSatisfy({ $0.count <= chainLimit }) {
                return (seed, Array(buckets.joined()), buckets.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) })
            }
            seed = finish(seed &+ 0x9e37_79b9_7f4a_7c15)
        }
        return (seed, [], [0])  // Not reached: the attempts are counted.
    }

    /// Edges in the fullest bucket.
    var longestChain: Int { zip(starts, starts.dropFirst()).map { $1 - $0 }.max() ?? 0 }

    // MARK: Looking

    /// - Parameter form: a path in the spelling of the patterns.
    /// - Returns: nil where it is no path: it does not start with `/`.
    func walk(_ form: UnsafeRawBufferPointer) -> Reach? {
        guard form.first == UInt8(ascii: "/") else { return nil }
        // Spans, so that no step takes a reference to an array.
        let edges = edges.span
        let starts = starts.span
        let names = names.span
        var node = 0
        var slash = 0  // the one before the segment
        walking: while slash < form.count {
            var end = slash + 1
            var hash = Self.start(below: node, seed: seed)
            while end < form.count, form[end] != UInt8(ascii: "/") {
                hash = Self.add(form[end], to: hash)
                end += 1
            }
            hash = Self.finish(hash)
            let segment = UnsafeRawBufferPointer(rebasing: form[(slash + 1)..<end])
            let bucket = Self.bucket(of: hash, starts.count - 1)
            for index in starts[bucket]..<starts[bucket + 1] where edges[index].hash == hash && edges[index].parent == node {
                guard Self.isSpelled(names, edges[index].name, by: segment) else { continue }
                node = edges[index].child
                slash = end
                continue walking
            }
            return Reach(node: node, isWhole: false, isButForSlash: slash == form.count - 1)
        }
        return Reach(node: node, isWhole: true, isButForSlash: false)
    }

    private static func isSpelled(_ names: Span<UInt8>, _ name: Range<Int>, by segment: UnsafeRawBufferPointer) -> Bool {
        guard name.count == segment.count else { return false }
        for position in segment.indices where names[name.lowerBound + position] != segment[position] { return false }
        return true
    }

    func parent(of node: Int) -> Int? { at(nodes[node].parent) }
    /// The node of the same literal with a slash more.
    func slashed(_ node: Int) -> Int? { at(nodes[node].slashed) }
    /// The node of the same path with a slash less, where the path ends with one.
    func unslashed(_ reach: Reach) -> Int? {
        if reach.isButForSlash { return reach.node }
        return reach.isWhole && nodes[reach.node].isSlashed ? parent(of: reach.node) : nil
    }
    /// The nearest node, this one or above it, that has patterns for what is below.
    func nearestBelow(_ node: Int) -> Int? { at(nodes[node].nearestBelow) }

    /// The patterns for this very literal, in their order: see ``place(at:)``.
    func exact(_ node: Int) -> Range<Int> { nodes[node].exact }
    /// The patterns for this literal and all below it, likewise.
    func below(_ node: Int) -> Range<Int> { nodes[node].below }
    /// Which pattern stands at a position of a group.
    func place(at position: Int) -> Int { places[position] }

    private func at(_ index: Int) -> Int? { index < 0 ? nil : index }

    // MARK: The hash

    /// FNV-1a with a seed, and the finish of SplitMix64. It need not withstand those who know the seed: see above.
    private static func hash(_ segment: UnsafeRawBufferPointer, below node: Int, seed: UInt64) -> UInt64 {
        finish(segment.reduce(start(below: node, seed: seed)) { add($1, to: $0) })
    }

    @inline(__always)
    private static func start(below node: Int, seed: UInt64) -> UInt64 {
        (seed ^ UInt64(truncatingIfNeeded: node)) &* 0x9e37_79b9_7f4a_7c15
    }

    @inline(__always)
    private static func add(_ octet: UInt8, to hash: UInt64) -> UInt64 { (hash ^ UInt64(octet)) &* 0x0000_0100_0000_01b3 }

    @inline(__always)
    private static func finish(_ hash: UInt64) -> UInt64 {
        let once = (hash ^ hash >> 30) &* 0xbf58_476d_1ce4_e5b9
        let twice = (once ^ once >> 27) &* 0x94d0_49bb_1331_11eb
        return twice ^ twice >> 31
    }

    @inline(__always)
    private static func bucket(of hash: UInt64, _ count: Int) -> Int { Int(truncatingIfNeeded: hash & UInt64(truncatingIfNeeded: count - 1)) }
}

/// A tree while it grows.
private struct RouteTreeDraft {
    struct Node {
        let parent: Int
        let name: [UInt8]
        var children: [[UInt8]: Int] = [:]
        var exact: [Int] = []
        var below: [Int] = []
    }

    private(set) var nodes = [Node(parent: -1, name: [])]

    mutating func add(_ pattern: RoutePattern, at place: Int) {
        var node = 0
        // Before the first slash there is nothing.
        for segment in pattern.literal.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst() {
            let name = Array(segment)
            if let next = nodes[node].children[name] {
                node = next
                continue
            }
            nodes[node].children[name] = nodes.count
            nodes.append(Node(parent: node, name: name))
            node = nodes.count - 1
        }
        if pattern.coversBelow { nodes[node].below.append(place) } else { nodes[node].exact.append(place) }
    }
}
