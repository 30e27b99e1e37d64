import HTTPWire
import NIOCore
import ProxyEngine

/// Connections of HTTP/2, each with a client, upstreams and an order of events of its own, over the handlers that serve them. Nothing may
/// crash or hang, and:
/// - what the server sends is what RFC 9113 lets a server send, by an account of its own (``HTTP2Witness``): frames, heads that another
///   implementation decodes, no body beyond a window, no window beyond its bound, one end for each stream, three GOAWAYs at most;
/// - what the upstream gets is requests;
/// - a client that keeps the rules gets an end of each of its streams, and its windows back;
/// - a connection never holds more than a megabyte, and is freed when it is over.
enum HTTP2Fuzz {
    static func run(cases: Int, seed: UInt64, _ report: inout FuzzReport) {
        guard let stages = try? stages(), let blocks = try? HPACKMutator(seed: seed) else {
            return report.fail("the stages cannot be set", input: [])
        }
        while report.cases < cases {
            // Of each case its own, so that it can be run alone.
            let own = seed &+ UInt64(report.cases)
            report.begin(Array("--seed \(own) --cases 1".utf8))
            let stage = stages[Int(own % UInt64(stages.count))]
            guard let session = try? HTTP2Session(on: stage, seed: own, blocks: blocks) else {
                report.fail("no connection", input: [])
                return
            }
            session.run()
            for fault in session.witness.faults { report.fail(fault, input: Array("--seed \(own) --cases 1".utf8)) }
            if session.witness.answers > 0 { report.accepted += 1 }
            if session.witness.fault != nil { report.counts["ended for a fault", default: 0] += 1 }
        }
    }

    private static func stages() throws -> [HTTP2Stage] {
        guard let rewrite = RequestRewrite(pseudonym: "holdfast", removesAuthorization: false, defaultHost: "api") else { return [] }
        let names = try StripList(trustedHeader: "X-Client-Cert-SHA256")
        return [
            try HTTP2Stage(names, rewrite),
            try HTTP2Stage(names, rewrite) {
                ($0.http2.streams, $0.http2.streamWindow, $0.http2.connectionWindow) = (3, 16 << 10, 64 << 10)
            },
            try HTTP2Stage(names, rewrite) {
                ($0.http2.resets, $0.http2.streamErrors, $0.http2.glitches, $0.http2.continuations) = (3, 2, 10, 5)
            },
            try HTTP2Stage(names, rewrite) { $0.connectionLife = ConnectionLife.Bounds(requests: 3) },
        ]
    }
}
