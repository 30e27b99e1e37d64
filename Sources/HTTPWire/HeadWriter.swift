/// Writes a head into memory whose size was computed beforehand. Each piece is held against that size: what does not fit is
/// left out and noticed by `finish`.
struct HeadWriter {
    private let base: UnsafeMutableRawPointer
    private let capacity: Int
    private var count = 0
    private var isOverrun = false

    init?(_ memory: UnsafeMutableRawBufferPointer) {
        guard let base = memory.baseAddress else { return nil }
        self.base = base
        capacity = memory.count
    }

    @inline(__always)
    mutating func put(_ octets: UnsafeRawBufferPointer) {
        guard let source = octets.baseAddress else { return }
        guard octets.count <= capacity - count else {
            isOverrun = true
            return
        }
        (base + count).copyMemory(from: source, byteCount: octets.count)
        count += octets.count
    }

    @inline(__always)
    mutating func put(_ octets: [UInt8]) { octets.withUnsafeBytes { put($0) } }

    @inline(__always)
    mutating func put(_ text: StaticString) { put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)) }

    @inline(__always)
    mutating func put(_ octet: UInt8) {
        guard count < capacity else {
            isOverrun = true
            return
        }
        base.storeBytes(of: octet, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    @inline(__always)
    mutating func put(field: FieldLine, from reader: OctetReader) {
        put(reader.octets(field.name))
        put(": ")
        put(reader.octets(field.value))
        put("\r\n")
    }

    /// - Parameter number: 0 or more.
    mutating func put(decimal number: Int) {
        var divisor = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            put(Octet.zero + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }

    /// The octets written. A head that did not fit its computed size is our own mistake and must not be sent.
    func finish() -> Int {
        precondition(!isOverrun, "a head was longer than the size computed for it")
        return count
    }

    /// Room for a number of 64 bits and the words around it.
    static let slack = 256
}
