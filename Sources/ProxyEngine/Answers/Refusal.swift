package import AccessControl
package import BindingPolicy
package import HTTPWire
package import NIOCore
import Telemetry

/// An answer by which Holdfast itself refuses: status, challenge and a body that says why.
///
/// Nothing a peer sent is in it: every text is ours, so no value can break a field.
package struct Refusal: Equatable, Sendable {
    package let status: Int
    package let reason: String
    package let detail: String
    package var challenge: String? = nil
    package var retryAfter: Int? = nil
    package var allow: String? = nil
    /// The connection cannot go on: what follows could not be told apart from the rest of this request.
    package var closes = false

    package init(_ fault: WireFault) {
        status = fault.status
        reason = fault.rawValue
        detail =
            fault == .bodyTooLarge
            ? "The request's body is larger than is taken here." : "The request is not one that can be parsed for certain."
        closes = true
    }

    package init(_ fault: UpstreamFault) {
        status = fault.status
        reason = fault.reason
        detail = "The API behind this gateway could not answer."
        retryAfter = fault.kind == .saturated ? 1 : nil
    }

    /// - Parameter seconds: until the next request may pass.
    package init(_ fault: LimitFault, after seconds: Int) {
        status = 429
        reason = fault.rawValue
        detail = fault.explanation
        retryAfter = seconds
    }

    /// Whether the client takes the answer to a miscased HEAD for one without a body cannot be known, so that ends the connection.
    package init(_ fault: RequestFault) {
        status = fault.status
        reason = fault.code
        detail = fault.explanation
        allow = fault.allowedMethods
        closes = fault == .methodMiscased
    }

    package init(_ denial: Denial, _ terms: ChallengeTerms) {
        reason = denial.reason.rawValue
        detail = denial.reason.explanation
        switch denial.reason.answer {
        case .challenge:
            status = 401
            challenge = terms.opening
        case .invalidRequest:
            status = 400
            challenge = terms.with(error: "invalid_request", detail)
        case .invalidToken:
            status = 401
            challenge = terms.with(error: "invalid_token", detail)
        case .insufficientScope:
            status = 403
            let scope = denial.requiredScope.map { ", scope=\"\($0)\"" } ?? ""
            challenge = terms.with(error: "insufficient_scope", detail) + scope
        case .insufficientAuthentication:
            status = 401
            let acr = denial.requiredACR.map { ", acr_values=\"\($0)\"" } ?? ""
            let age = denial.requiredAge.map { ", max_age=\"\($0)\"" } ?? ""
            challenge = terms.with(error: "insufficient_user_authentication", detail) + acr + age
        case .forbidden:
            status = 403
        case .badRequest:
            status = 400
        case .unavailable:
            status = 503
            retryAfter = 5
        }
    }

    package init(status: Int, reason: String, detail: String, allow: String? = nil, closes: Bool = false) {
        self.status = status
        self.reason = reason
        self.detail = detail
        self.allow = allow
        self.closes = closes
    }

    static func tooSlow(_ patience: Ending.Patience) -> Refusal {
        let detail =
            switch patience {
            case .head: "The request's head did not arrive in time."
            case .body: "The request's body stopped arriving."
            case .reading: "The answer was not read."
            case .idle: "Neither side sent anything."
            }
        return Refusal(status: 408, reason: patience.rawValue, detail: detail, closes: true)
    }

    /// - Parameters:
    ///   - fields: whole lines that go before its own: `Date`, and the interaction id.
    ///   - isHead: the request's method was HEAD: the same fields, no body.
    package func write(
        into out: inout ByteBuffer, fields: [UInt8], as form: ErrorBody = .problem, interactionID: InteractionID? = nil, time: Int = 0,
        isHead: Bool, closing: Bool
    ) {
        let title = Self.titles[status] ?? "Error"
        let body = form.text(self, title: title, id: interactionID, time: time)
        out.writeString("HTTP/1.1 \(status) \(title)\r\n")
        out.writeBytes(fields)
        out.writeString("Content-Type: \(form.contentType)\r\nContent-Length: ")
        out.writeDecimal(body.utf8.count)
        out.writeString("\r\nCache-Control: no-store\r\n")
        if let challenge { out.writeString("WWW-Authenticate: \(challenge)\r\n") }
        if let retryAfter { out.writeString("Retry-After: \(retryAfter)\r\n") }
        if let allow { out.writeString("Allow: \(allow)\r\n") }
        out.writeString(closing ? "Connection: close\r\n\r\n" : "\r\n")
        if !isHead { out.writeString(body) }
    }

    private static let titles: [Int: String] = [
        400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 405: "Method Not Allowed", 408: "Request Timeout",
        411: "Length Required", 413: "Content Too Large", 414: "URI Too Long", 417: "Expectation Failed", 421: "Misdirected Request",
        429: "Too Many Requests", 431: "Request Header Fields Too Large", 500: "Internal Server Error",
        501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
        505: "HTTP Version Not Supported", 508: "Loop Detected",
    ]
}
