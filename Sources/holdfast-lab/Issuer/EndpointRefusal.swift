import NIOCore
import NIOHTTP1

/// An error response of the endpoints that clients authenticate to (RFC 6749 section 5.2).
struct EndpointRefusal: Error {
    let status: HTTPResponseStatus
    let code: String
    let description: String

    static func badRequest(_ code: String, _ description: String) -> EndpointRefusal {
        EndpointRefusal(status: .badRequest, code: code, description: description)
    }

    static func invalidClient(_ description: String) -> EndpointRefusal {
        EndpointRefusal(status: .unauthorized, code: "invalid_client", description: description)
    }

    /// The answer, or the error response in its place; never cached.
    static func answering(_ request: LabRequest, _ answer: (FormBody) async throws -> LabResponse) async throws -> LabResponse {
        var response: LabResponse
        do {
            response = try await answer(try form(request))
        } catch let refusal as EndpointRefusal {
            response = try .json(["error": refusal.code, "error_description": refusal.description], status: refusal.status)
            // The scheme that the client tried.
            if refusal.status == .unauthorized, request.headers.contains(name: "Authorization") {
                response.headers.add(name: "WWW-Authenticate", value: "Basic realm=\"holdfast-lab\"")
            }
        }
        response.headers.add(name: "Cache-Control", value: "no-store")
        return response
    }

    private static func form(_ request: LabRequest) throws -> FormBody {
        guard request.headers["Content-Type"].first?.hasPrefix("application/x-www-form-urlencoded") == true,
            let form = FormBody(String(buffer: request.body))
        else { throw badRequest("invalid_request", "not one well-formed form") }
        return form
    }
}
