/// The fields that a peer has told us to remember, the newest first (RFC 7541 section 2.3.2). Its memory grows with them, to four times the
/// table's size at most, and belongs to one connection.
struct HPACKDynamicTable: ~Copyable {
    /// What a field takes beside its octets (RFC 7541 section 4.1).
    static let overhead = 32

    private struct Slot {
        var start: UInt32 = 0
        var nameLength: UInt32 = 0
        var valueLength: UInt32 = 0
        var kind = HTTP2FieldKind.invalid
        var isValueText = false
    }

    /// Names and values, the oldest first, each field behind the one before.
    private var octets = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var end = 0
    /// A ring of a power of two.
    private var slots = UnsafeMutableBufferPointer<Slot>(start: nil, count: 0)
    private var oldest = 0
    private(set) var count = 0
    /// As RFC 7541 section 4.1 counts it.
    private(set) var size = 0
    private(set) var limit: Int

    /// - Parameter limit: the size at first.
    init(limit: Int) { self.limit = limit }

    deinit {
        octets.deallocate()
        slots.deallocate()
    }

    /// Octets of memory that it holds.
    var footprint: Int { octets.count + slots.count * MemoryLayout<Slot>.stride }

    private func slot(_ index: Int) -> Slot { slots[(oldest &+ count &- 1 &- index) & (slots.count &- 1)] }

    /// - Parameter index: counted from 0, the newest.
    subscript(_ index: Int) -> HPACKEntry? {
        guard index >= 0, index < count else { return nil }
        let slot = slot(index)
        let name = Int(slot.start)..<Int(slot.start) + Int(slot.nameLength)
        guard name.upperBound + Int(slot.valueLength) <= octets.count else { return nil }
        return HPACKEntry(
            name: UnsafeRawBufferPointer(rebasing: octets[name]),
            value: UnsafeRawBufferPointer(rebasing: octets[name.upperBound..<name.upperBound + Int(slot.valueLength)]), kind: slot.kind,
            isValueText: slot.isValueText)
    }

    /// RFC 7541 section 4.3.
    mutating func resize(to limit: Int) {
        self.limit = limit
        evict(to: limit)
    }

    /// A field that is larger than the table empties it (RFC 7541 section 4.4).
    /// - Parameter field: none of this table's own.
    mutating func add(_ field: HPACKEntry) {
        let cost = field.name.count + field.value.count + Self.overhead
        guard cost <= limit else { return evict(to: 0) }
        evict(to: limit - cost)
        let length = field.name.count + field.value.count
        makeRoom(length)
        if count == slots.count { growSlots() }
        let start = end
        append(field.name)
        append(field.value)
        slots[(oldest &+ count) & (slots.count &- 1)] = Slot(
            start: UInt32(truncatingIfNeeded: start), nameLength: UInt32(truncatingIfNeeded: field.name.count),
            valueLength: UInt32(truncatingIfNeeded: field.value.count), kind: field.kind, isValueText: field.isValueText)
        count += 1
        size += cost
    }

    private mutating func append(_ piece: UnsafeRawBufferPointer) {
        guard let base = octets.baseAddress, let source = piece.baseAddress, piece.count <= octets.count - end else { return }
        (base + end).copyMemory(from: source, byteCount: piece.count)
        end += piece.count
    }

    private mutating func evict(to room: Int) {
        while size > room, count > 0 {
            let last = slot(count - 1)
            size -= Int(last.nameLength) + Int(last.valueLength) + Self.overhead
            oldest = (oldest &+ 1) & (slots.count &- 1)
            count -= 1
        }
        if count == 0 { end = 0 }
    }

    /// Moves what is left to the front, where there is enough room then, else to memory twice as large: so each octet is moved a bounded
    /// number of times.
    private mutating func makeRoom(_ length: Int) {
        guard length > octets.count - end else { return }
        let start = count > 0 ? Int(slot(count - 1).start) : 0
        let live = end - start
        if let base = octets.baseAddress, 2 * (live + length) <= octets.count {
            base.copyMemory(from: base + start, byteCount: live)
        } else {
            var capacity = 512
            while capacity < 2 * (live + length) { capacity *= 2 }
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 1)
            if let source = octets.baseAddress, live > 0 { larger.copyMemory(from: UnsafeRawBufferPointer(start: source + start, count: live)) }
            octets.deallocate()
            octets = larger
        }
        for index in 0..<count { slots[(oldest &+ index) & (slots.count &- 1)].start -= UInt32(truncatingIfNeeded: start) }
        end = live
    }

    private mutating func growSlots() {
        let larger = UnsafeMutableBufferPointer<Slot>.allocate(capacity: max(8, 2 * slots.count))
        larger.initialize(repeating: Slot())
        for index in 0..<count { larger[index] = slots[(oldest &+ index) & (slots.count &- 1)] }
        slots.deallocate()
        slots = larger
        oldest = 0
    }
}
