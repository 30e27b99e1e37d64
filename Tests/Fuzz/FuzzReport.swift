/// What a fuzzer found. It passes when `failures` is empty.
struct FuzzReport: Sendable {
    /// Inputs tried.
    var cases = 0
    /// Inputs that were accepted: near zero would mean that the fuzzer never gets past the first check.
    var accepted = 0
    /// What went wrong, each with the input that shows it, escaped; kept as a case of its own once it is understood.
    var failures: [String] = []

    /// Failures beyond this many are counted as cases but not kept.
    static let keptFailures = 20

    mutating func fail(_ what: String, input: [UInt8]) {
        guard failures.count < Self.keptFailures else { return }
        failures.append("\(what): \(FuzzReport.escaped(input))")
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
