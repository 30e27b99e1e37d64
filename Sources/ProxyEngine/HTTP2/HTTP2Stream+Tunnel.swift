import HTTPWire
import NIOCore

/// WebSocket on a stream (RFC 8441): the upstream is asked by HTTP/1.1's upgrade, and what either side sends then is the stream's data.
extension HTTP2Stream: TunnelDownstream {
    func beginTunnel(_ raw: ByteBuffer, fields: [UInt8]) {
        guard let exchange else { return }
        isTunnel = true
        writeHead { exchange.generation.responseHead.writeBlock(from: raw, to: &$0, opensTunnel: true) }
        headReleased()
        flush(isWhole: false)
    }
}
