import Foundation

extension DataProtocol {
    /// base64url without padding (RFC 7515 section 2).
    var base64url: String {
        Data(self).base64EncodedString()
            .replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_")
            .replacingOccurrences(of: "=", with: "")
    }
}
