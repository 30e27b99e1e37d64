import Foundation

/// What a fuzzer found. It passes when `failures` is empty.
struct FuzzReport: Sendable {
    /// Inputs tried.
    private(set) var cases = 0
    /// Inputs that were accepted: near zero would mean that the fuzzer never gets past the first check.
    var accepted = 0
    /// What went wrong, each with the input that shows it, escaped; kept as a case of its own once it is understood.
    private(set) var failures: [String] = []
    /// What else is worth a number, by name.
    var counts: [String: Int] = [:]
    /// Seconds that the longest case took.
    private(set) var longest = 0.0
    /// Octets by which the resident set has grown since the warm-up; nil before it, and where the system does not tell.
    private(set) var growth: Int?

    /// Failures beyond this many are counted as cases but not kept.
    static let keptFailures = 20
    /// Octets: five for each of a million cases, less than any allocation. A heap that is merely cut up grew by 0.3 MiB at most.
    static let allowedGrowth = 4 << 20

    private let watch: FuzzWatch
    /// By this many cases every table, cache and free list has its size.
    private let warmUp: Int
    private var resident: Int?
    private var start: ContinuousClock.Instant?

    init(cases: Int, watch: FuzzWatch) {
        self.watch = watch
        warmUp = max(1, cases / 10)
    }

    /// Starts a case; the one before has ended.
    mutating func begin(_ input: [UInt8]) {
        let now = ContinuousClock.now
        ended(now)
        if cases == warmUp { resident = ResidentSet.octets }
        cases += 1
        start = now
        watch.begins(input, at: now)
    }

    private mutating func ended(_ now: ContinuousClock.Instant) {
        guard let start else { return }
        longest = max(longest, (now - start) / .seconds(1))
    }

    /// Ends the last case and looks at what the run has left behind.
    mutating func finish() {
        ended(.now)
        start = nil
        watch.rests()
        guard let resident, let now = ResidentSet.octets else { return }
        growth = now - resident
        if now - resident > Self.allowedGrowth { fail("the resident set grew by \(now - resident) octets", input: []) }
    }

    mutating func fail(_ what: String, input: [UInt8]) {
        guard failures.count < Self.keptFailures else { return }
        failures.append("\(what): \(FuzzReport.escaped(input))")
    }

    /// One line of numbers.
    var summary: String {
        let others = counts.sorted { $0.key < $1.key }.map { ", \($0.value) \($0.key)" }.joined()
        let memory = growth.map { "\($0 / 1024) KiB" } ?? "not measured"
        let milliseconds = String(format: "%.1f", longest * 1000)
        return "\(cases) cases, \(accepted) accepted\(others), \(failures.count) failures, longest \(milliseconds) ms, growth \(memory)"
    }

    /// Printable octets as they are, the rest as `\xNN`.
    static func escaped(_ octets: [UInt8]) -> String {
        var text = ""
        for octet in octets {
            switch octet {
            case 0x0d: text += "\\r"
            case 0x0a: text += "\\n"
            case 0x5c: text += "\\\\"
            case 0x20...0x7e: text.unicodeScalars.append(Unicode.Scalar(octet))
            default: text += "\\x" + (octet < 16 ? "0" : "") + String(octet, radix: 16)
            }
        }
        return text
    }
}

/// A small generator with a seed, so that a run can be repeated (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014).
struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }

    /// A number from 0 up to, not including, `bound`; 0 for a bound of 0.
    mutating func below(_ bound: Int) -> Int { bound <= 0 ? 0 : Int(next() % UInt64(bound)) }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    /// True once in `times`.
    mutating func oneIn(_ times: Int) -> Bool { below(times) == 0 }
}
