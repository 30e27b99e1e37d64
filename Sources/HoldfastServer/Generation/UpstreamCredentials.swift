import Credentials
import FoundationEssentials

/// By which the upstream can be sure of us: HTTP's Basic (RFC 7617), in the place of what clients sent.
struct UpstreamCredentials: Sendable {
    /// The whole line.
    let line: [UInt8]

    /// - Parameter path: of a file with `USER:PASSWORD`.
    init(file path: String) throws(CredentialFault) {
        let text = try SecretFile.read(path, kind: "`USER:PASSWORD`")
        guard let colon = text.firstIndex(of: ":"), colon != text.startIndex else {
            throw CredentialFault(path, "holds no `USER:PASSWORD`: a colon is between the two, and the user is not empty")
        }
        line = Array("Authorization: Basic \(Data(text.utf8).base64EncodedString())\r\n".utf8)
    }
}
