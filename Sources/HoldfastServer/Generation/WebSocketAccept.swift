import Crypto
import FoundationEssentials

/// What a server of WebSocket answers to a client's key, to prove that it has read the request and knows the protocol (RFC 6455 section
/// 4.2.2). SHA-1 protects nothing here.
enum WebSocketAccept {
    private static let suffix = Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)

    static func value(of key: [UInt8]) -> [UInt8] { Array(Data(Insecure.SHA1.hash(data: key + suffix)).base64EncodedString().utf8) }
}
