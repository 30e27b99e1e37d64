import Foundation
import NIOCore
import NIOHTTP1

/// What is to be wrong with an endpoint's answer: a word, or an object whose parts are written over the usual answer.
struct Fault: Decodable, Sendable {
    private enum Word: String, Decodable {
        case none
        /// 500.
        case error
        /// No answer at all.
        case hang
        /// 200 with something that is not JSON.
        case garbage
        /// 200 with a JSON object, or key set, that holds nothing.
        case empty
    }

    /// What is wrong with a signed answer.
    struct Token: Decodable, Sendable {
        var alg: SigningAlgorithm?
        /// Written over the header and the claims; null takes a member away.
        var header: [String: JSONValue]?
        var claims: [String: JSONValue]?
        /// Signed by a key that is not published, under the name of one that is.
        var foreignKey: Bool?

        private enum CodingKeys: String, CodingKey {
            case alg, header, claims
            case foreignKey = "foreign_key"
        }
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case delay, status, headers, body, padding, members, jwt, times
        case contentType = "content_type"
    }

    private(set) var delay: Duration?
    /// For how many visits; nil until it is changed.
    var times: Int?
    /// Written over the members of a JSON answer, or of what a signed one says of the token; null takes a member away.
    private(set) var members: [String: JSONValue]?
    private(set) var jwt: Token?
    private var status: Int?
    private var headers: [String: String]?
    private var contentType: String?
    private var body: String?
    /// Spaces after the body.
    private var padding: Int?
    private var isEmpty = false

    init() {}

    init(from decoder: any Decoder) throws {
        if let word = try? decoder.singleValueContainer().decode(Word.self) {
            self.init(word)
            return
        }
        self.init()
        for name in try decoder.singleValueContainer().decode([String: JSONValue].self).keys where CodingKeys(stringValue: name) == nil {
            throw LabError("a fault has no member \(name)")
        }
        let parts = try decoder.container(keyedBy: CodingKeys.self)
        if let text = try parts.decodeIfPresent(String.self, forKey: .delay) {
            guard let interval = Interval(argument: text), interval.seconds >= 0 else { throw LabError("delay is such as 250ms or 2s") }
            delay = interval.duration
        }
        times = try parts.decodeIfPresent(Int.self, forKey: .times)
        members = try parts.decodeIfPresent([String: JSONValue].self, forKey: .members)
        jwt = try parts.decodeIfPresent(Token.self, forKey: .jwt)
        status = try parts.decodeIfPresent(Int.self, forKey: .status)
        headers = try parts.decodeIfPresent([String: String].self, forKey: .headers)
        contentType = try parts.decodeIfPresent(String.self, forKey: .contentType)
        body = try parts.decodeIfPresent(String.self, forKey: .body)
        padding = try parts.decodeIfPresent(Int.self, forKey: .padding)
    }

    private init(_ word: Word) {
        switch word {
        case .none: break
        case .error: (status, contentType, body) = (500, "text/plain", "as asked\n")
        case .hang: delay = .seconds(600)
        case .garbage: (status, contentType, body) = (200, "application/json", "{\"keys\": [")
        case .empty: isEmpty = true
        }
    }

    /// - Parameter name: the endpoint's.
    func written(over usual: LabResponse, of name: String) throws -> LabResponse {
        var answer = usual
        if isEmpty { answer = LabResponse(.ok, type: "application/json", text: name == "jwks" ? "{\"keys\":[]}" : "{}") }
        if let members, answer.headers["Content-Type"].first == "application/json" {
            let document = try JSONDecoder().decode([String: JSONValue].self, from: Data(answer.body.readableBytesView))
            answer.body = ByteBuffer(bytes: try JSONText.encode(document.overridden(by: members)))
        }
        if let status { answer.status = HTTPResponseStatus(statusCode: status) }
        if let contentType { answer.headers.replaceOrAdd(name: "Content-Type", value: contentType) }
        for (name, value) in headers ?? [:] { answer.headers.replaceOrAdd(name: name, value: value) }
        if let body { answer.body = ByteBuffer(string: body) }
        if let padding { answer.body.writeRepeatingByte(UInt8(ascii: " "), count: min(max(padding, 0), 1 << 26)) }
        return answer
    }
}
