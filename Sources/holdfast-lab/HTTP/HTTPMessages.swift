import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL

/// A request to one of the issuer's endpoints, read whole.
struct LabRequest: Sendable {
    let method: HTTPMethod
    let path: String
    let query: String
    let headers: HTTPHeaders
    let body: ByteBuffer
    /// What the client presented, leaf first; its key is proven, and nothing else about it. Empty without a certificate.
    let clientChain: [NIOSSLCertificate]
    /// What is to be wrong with the answer; for endpoints whose answers are signed, which nobody can write over later.
    var fault = Fault()

    init(_ head: HTTPRequestHead, body: ByteBuffer, clientChain: [NIOSSLCertificate]) {
        method = head.method
        let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        path = parts.first ?? "/"
        query = parts.count > 1 ? parts[1] : ""
        headers = head.headers
        self.body = body
        self.clientChain = clientChain
    }

    func json<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: body.readableBytes == 0 ? Data("{}".utf8) : Data(body.readableBytesView))
    }
}

struct LabResponse: Sendable {
    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var body: ByteBuffer

    init(_ status: HTTPResponseStatus, type: String, text: String, headers: [(String, String)] = []) {
        self.status = status
        self.headers = HTTPHeaders([("Content-Type", type)] + headers)
        body = ByteBuffer(string: text)
    }

    static func json(
        _ value: some Encodable, status: HTTPResponseStatus = .ok, headers: [(String, String)] = []
    ) throws -> LabResponse {
        LabResponse(
            status, type: "application/json", text: String(decoding: try JSONText.encode(value), as: UTF8.self) + "\n", headers: headers)
    }
}
