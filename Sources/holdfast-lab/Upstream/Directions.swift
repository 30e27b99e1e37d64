/// How a request wants to be answered: its `Lab-Respond` field, directives separated by `;`.
struct Directions: Sendable {
    var status = 200
    /// Octets of body in place of the report.
    var size: Int?
    var chunked = false
    /// Seconds before the answer, and between the octets of one that drips.
    var delay: Interval?
    var drip: Interval?
    /// Answers before the body is read.
    var early = false
    var close = false
    var hints = false
    var trailers = false
    var garbage = false
    /// Closes without an answer once this many octets of the request body were read.
    var hangUp: Int?
    /// Closes once this many octets of the answer's body were sent.
    var truncate: Int?
    var fields: [String] = []

    static let help = """
          status=N       this status code
          size=N         N octets of body, streamed, in place of the report
          chunked        chunked coding in place of Content-Length
          trailers       chunked, with the trailer field Lab-Trailer
          delay=TIME     wait before the answer (250ms, 5s)
          drip=TIME      send the body an octet at a time, waiting between them
          early          answer before the request body is read
          close          say Connection: close, and do
          hints          send 103 Early Hints first
          truncate=N     close after N octets of the answer's body
          hang-up=N      close without an answer after N octets of the request's body
          garbage        answer with something that is not HTTP
          field=N: V     one more field in the answer
        """

    init(_ values: [String]) throws {
        for directive in values.flatMap({ $0.utf8.split(separator: UInt8(ascii: ";")) }) {
            let parts = directive.split(separator: UInt8(ascii: "="), maxSplits: 1).map { String(Substring($0.trimmingBlanks)) }
            try apply(parts.first ?? "", parts.count > 1 ? parts[1] : "")
        }
    }

    private mutating func apply(_ name: String, _ value: String) throws {
        func number() throws -> Int {
            guard let number = Int(value), number >= 0 else { throw LabError("\(name)=\(value) is not a number") }
            return number
        }
        func interval() throws -> Interval {
            guard let interval = Interval(argument: value) else { throw LabError("\(name)=\(value) is not a time") }
            return interval
        }
        switch name {
        case "status": status = try number()
        case "size": size = try number()
        case "chunked": chunked = true
        case "trailers": (trailers, chunked) = (true, true)
        case "delay": delay = try interval()
        case "drip": drip = try interval()
        case "early": early = true
        case "close": close = true
        case "hints": hints = true
        case "truncate": truncate = try number()
        case "hang-up": hangUp = try number()
        case "garbage": garbage = true
        case "field": fields.append(value)
        default: throw LabError("no directive \(name)")
        }
    }
}
