import AccessControl
import HTTPWire
import Timekeeping

/// The form of the body of an answer that Holdfast itself gives.
///
/// Every text in it is ours and holds nothing that JSON would have to escape.
package enum ErrorBody: Sendable {
    /// `application/problem+json` (RFC 9457) with our reason code as a member.
    case problem
    /// `OBErrorResponse1` of the UK's Read/Write API profile.
    case uk
    /// `ResponseErrorList` of Open Finance Brasil.
    case brazil
    /// `ResponseErrorListV2` of the Consumer Data Standards, Australia.
    case cdr

    var contentType: StaticString {
        switch self {
        case .problem: "application/problem+json"
        case .uk, .brazil, .cdr: "application/json; charset=utf-8"
        }
    }

    /// - Parameters:
    ///   - id: the interaction id, by which the client's report and our log line are brought together.
    ///   - time: seconds since 1970.
    func text(_ refusal: Refusal, title: String, id: InteractionID?, time: Int) -> String {
        let (status, reason, detail) = (refusal.status, refusal.reason, refusal.detail)
        switch self {
        case .problem:
            return
                "{\"type\":\"about:blank\",\"title\":\"\(title)\",\"status\":\(status),\"detail\":\"\(detail)\",\"reason\":\"\(reason)\"}\n"
        case .uk:
            let id = id.map { String(decoding: $0.octets, as: UTF8.self) } ?? ""
            return
                "{\"Code\":\"\(status) \(title)\",\"Id\":\"\(id)\",\"Message\":\"\(detail)\",\"Errors\":[{\"ErrorCode\":\"\(refusal.ukCode)\",\"Message\":\"\(detail) (\(reason))\"}]}\n"
        case .brazil:
            let meta = "{\"totalRecords\":1,\"totalPages\":1,\"requestDateTime\":\"\(Timestamp(time).rfc3339)\"}"
            return "{\"errors\":[{\"code\":\"\(reason)\",\"title\":\"\(title)\",\"detail\":\"\(detail)\"}],\"meta\":\(meta)}\n"
        case .cdr:
            return
                "{\"errors\":[{\"code\":\"urn:au-cds:error:cds-all:\(refusal.cdrCode)\",\"title\":\"\(title)\",\"detail\":\"\(detail) (\(reason))\"}]}\n"
        }
    }
}

extension Refusal {
    fileprivate var ukCode: StaticString {
        if status >= 500 { return "UK.OBIE.UnexpectedError" }
        return isAboutMissingHeader ? "UK.OBIE.Header.Missing" : "UK.OBIE.Header.Invalid"
    }

    fileprivate var cdrCode: StaticString {
        switch status {
        case 503: "Service/Unavailable"
        case 500...: "GeneralError/Unexpected"
        case 403: "Authorisation/InvalidConsent"
        case 400, 401: isAboutMissingHeader ? "Header/Missing" : "Header/Invalid"
        default: "GeneralError/Expected"
        }
    }

    private var isAboutMissingHeader: Bool {
        reason == "credentials_missing" || reason == RequestFault.interactionIDMissing.code
    }
}
