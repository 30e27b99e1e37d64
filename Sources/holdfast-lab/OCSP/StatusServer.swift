import Foundation
import NIOCore
import NIOHTTP1

/// OCSP over HTTP (RFC 6960 appendix A): POST, or GET with the request as its path.
struct StatusServer: Sendable {
    private let listener: HTTPListener
    private let responder: StatusResponder

    init(_ address: Address, responder: StatusResponder) async throws {
        listener = try await HTTPListener(address, security: .plain)
        self.responder = responder
    }

    func run() async throws {
        try ReadyLine.print(["address": listener.address.description, "url": "http://\(listener.address)"])
        let responder = responder
        try await listener.serve { request in
            switch Self.question(request) {
            case .success(let der):
                var answer = LabResponse(.ok, type: "application/ocsp-response", text: "")
                answer.body = ByteBuffer(bytes: responder.answer(der))
                return answer
            case .failure(let refusal): return LabResponse(refusal.status, type: "text/plain", text: "\(refusal.status.reasonPhrase)\n")
            }
        }
    }

    private struct Refusal: Error { let status: HTTPResponseStatus }

    /// The DER of the request; what is no DER is for the responder to refuse.
    private static func question(_ request: LabRequest) -> Result<[UInt8], Refusal> {
        switch request.method {
        case .POST:
            guard request.headers["Content-Type"] == ["application/ocsp-request"] else { return .failure(Refusal(status: .unsupportedMediaType)) }
            return .success(Array(request.body.readableBytesView))
        case .GET:
            guard let text = request.path.dropFirst().removingPercentEncoding, let der = Data(base64Encoded: text) else {
                return .failure(Refusal(status: .notFound))
            }
            return .success([UInt8](der))
        default: return .failure(Refusal(status: .methodNotAllowed))
        }
    }
}
