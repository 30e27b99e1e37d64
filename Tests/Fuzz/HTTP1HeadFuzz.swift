import HTTPWire
import NIOCore

/// Random and mutated HTTP/1.1 requests. Nothing may crash or hang, and:
/// - in whatever pieces a stream arrives, it is understood the same;
/// - where NIO's decoder accepts a request too, both agree on method, target, version, fields and body;
/// - what is written to the upstream reads back as the same request, without a claim, to us and to NIO;
/// - the same octets as a response neither crash nor are written as anything that we would not accept ourselves, whatever is tolerated, and
///   are understood the same in whatever pieces they arrive;
/// - what is understood without a word of tolerance is understood the same with every one.
enum HTTP1HeadFuzz {
    static func run(cases: Int, seed: UInt64, _ report: inout FuzzReport) {
        guard let names = try? StripList(trustedHeader: "X-Client-Cert-SHA256"),
            let rewrite = RequestRewrite(pseudonym: "holdfast", removesAuthorization: false)
        else {
            return report.fail("the strip list does not compile", input: [])
        }
        var bench = HTTP1FuzzBench(names: names, rewrite: rewrite)
        var mutator = HTTP1Mutator(seed: seed)
        for input in HTTP1Corpus.messages + HTTP1Corpus.kept { bench.judge(input, cuts: Array(0...input.count), &report) }
        while report.cases < cases {
            let input = mutator.message()
            bench.judge(input, cuts: mutator.cuts(input.count), &report)
        }
    }
}

/// The reused values of one run, as an event loop would hold them.
struct HTTP1FuzzBench: ~Copyable {
    private var head: RequestHead
    private var response: ResponseHead
    private let rewrite: RequestRewrite
    private var output = ByteBuffer()
    private static let trusted = Array("X-Client-Cert-SHA256: ours\r\n".utf8)

    init(names: StripList, rewrite: RequestRewrite) {
        head = RequestHead(names: names)
        response = ResponseHead(names: names)
        self.rewrite = rewrite
    }

    mutating func judge(_ input: [UInt8], cuts: [Int], _ report: inout FuzzReport) {
        report.begin(input)
        let whole = OwnReading.read(input, cuts: [input.count], head: &head)
        if OwnReading.read(input, cuts: cuts, head: &head) != whole { report.fail("pieces \(cuts) differ", input: input) }
        judgeResponse(input, &report)
        judgeTolerated(input, cuts: cuts, &report)
        guard !whole.requests.isEmpty else { return }
        report.accepted += 1
        if let difference = difference(whole, NIOReading.read(input)) { report.fail(difference, input: input) }
        judgeForwarded(input, &report)
    }

    private func difference(_ own: OwnReading, _ other: (requests: [ReadRequest], failed: Bool)) -> String? {
        for (index, (mine, theirs)) in zip(own.requests, other.requests).enumerated() {
            if mine.method != theirs.method { return "method differs" }
            if mine.target != theirs.target { return "target differs" }
            if mine.minorVersion != theirs.minorVersion { return "version differs" }
            if mine.fields != theirs.fields { return "fields differ" }
            if own.endsAtUpgrade, index == own.requests.count - 1 { return nil }
            if mine.isWhole, theirs.isWhole, mine.body != theirs.body { return "body differs" }
            let isRefused =
                index == own.requests.count - 1 && own.fault != nil || index == other.requests.count - 1 && other.failed
            if mine.isWhole != theirs.isWhole, !isRefused { return "end of the body differs" }
        }
        return nil
    }

    /// The first request of the input, as the upstream would get it.
    private mutating func judgeForwarded(_ input: [UInt8], _ report: inout FuzzReport) {
        guard case .complete = input.withUnsafeBytes({ head.parse($0) }) else { return }
        let method = Array(input[head.methodRange])
        let framing = head.framing
        let host = head.host.isEmpty ? Array("localhost".utf8) : Array(input[head.host])
        let authorizations = head.authorizationCount
        output.clear()
        input.withUnsafeBytes { head.write(from: $0, to: &output, rewrite, trusted: Self.trusted) }
        let written = Array(output.readableBytesView)
        guard case .complete(let length) = head.parse(output), length == written.count else {
            return report.fail("written form refused: \(FuzzReport.escaped(written))", input: input)
        }
        if Array(written[head.methodRange]) != method { report.fail("method changed", input: input) }
        if head.framing != framing { report.fail("framing changed", input: input) }
        if Array(written[head.host]) != host { report.fail("host changed", input: input) }
        if head.identityFields != 1 || !written.ends(with: Self.trusted + [0x0d, 0x0a]) { report.fail("an identity field passed", input: input) }
        if head.authorizationCount != authorizations { report.fail("Authorization changed", input: input) }
        if !head.isPersistent || head.hasUpgrade || head.expectsContinue {
            report.fail("a hop-by-hop field passed", input: input)
        }
        let own = OwnReading.read(written, cuts: [written.count], head: &head)
        if let difference = difference(own, NIOReading.read(written)) { report.fail("written \(difference)", input: input) }
    }

    private mutating func judgeResponse(_ input: [UInt8], _ report: inout FuzzReport) {
        let octets = Array("HTTP/1.1 200 OK".utf8) + (input.firstIndex(of: 0x0d).map { input[$0...] } ?? [])
        for method in [KnownMethod.get, .head] {
            guard case .complete = octets.withUnsafeBytes({ response.parse($0, answering: method) }) else { return }
            output.clear()
            let framing = octets.withUnsafeBytes { response.write(from: $0, to: &output, minorVersion: 1, close: false) }
            guard case .complete(let length) = response.parse(output, answering: method), length == output.readableBytes,
                response.framing == framing
            else { return report.fail("written response refused", input: input) }
        }
    }
}

extension HTTP1FuzzBench {
    /// As a response with the input's own line ends, understood with everything that can be tolerated.
    fileprivate mutating func judgeTolerated(_ input: [UInt8], cuts: [Int], _ report: inout FuzzReport) {
        let opening = Array("HTTP/1.1 200 OK".utf8)
        let octets = opening + (input.firstIndex { $0 == 0x0a || $0 == 0x0d }.map { input[$0...] } ?? [])
        let tolerance: ResponseTolerance = [.repeatedChunked, .lengthBesideChunked, .chunkedInHTTP10, .bareLF, .controlCharacters]
        let strict = readResponse(octets, [octets.count], []), whole = readResponse(octets, [octets.count], tolerance)
        let pieces = readResponse(octets, cuts.filter { $0 < octets.count } + [octets.count], tolerance)
        if pieces != whole { report.fail("tolerated pieces \(cuts) differ", input: input) }
        if let strict, strict != whole { report.fail("tolerance changes what is in order", input: input) }
        guard let whole else { return }
        guard case .complete(let length) = response.parse(ByteBuffer(bytes: whole.written), answering: .get), length == whole.written.count,
            response.framing == whole.framing
        else { return report.fail("written tolerated response refused: \(FuzzReport.escaped(whole.written))", input: input) }
    }

    private struct ReadResponse: Equatable {
        var written: [UInt8]
        var framing: BodyFraming
        var body: [UInt8] = []
        var isWhole = false
    }

    /// Nil for one that is refused, or not there.
    private mutating func readResponse(_ octets: [UInt8], _ cuts: [Int], _ tolerance: ResponseTolerance) -> ReadResponse? {
        var bytes = ByteBuffer(), arrived = 0
        var result: ReadResponse?
        var body = BodyReader.none
        for cut in cuts where cut >= arrived {
            bytes.writeBytes(octets[arrived..<cut])
            arrived = cut
            if result == nil {
                switch response.read(&bytes, answering: .get, tolerating: tolerance) {
                case .incomplete: continue
                case .refused: return nil
                case .complete(let raw):
                    output.clear()
                    let framing = response.write(from: raw, to: &output, minorVersion: 1, close: false)
                    result = ReadResponse(written: Array(output.readableBytesView), framing: framing)
                    body = BodyReader(response.framing, limits: .response(tolerating: tolerance))
                }
            }
            guard bytes.readableBytes > 0, !body.isOver else { continue }
            let step = body.next(&bytes)
            if step.fault != nil { return nil }
            result?.body += Array(step.data.readableBytesView)
            result?.isWhole = step.isOver
            if step.isOver { break }
        }
        return result
    }
}

extension [UInt8] {
    fileprivate func ends(with end: [UInt8]) -> Bool { suffix(end.count).elementsEqual(end) }
}
