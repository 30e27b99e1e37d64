/// Files of revocation lists: PEM with any number of them, or one in DER.
package enum RevocationListFile {
    /// A country's authority has lists of ten megabytes.
    package static let limit = 64 << 20

    /// - Returns: the lists in the file's order, at least one.
    package static func read(_ path: String) throws(CredentialFault) -> [RevocationList] { try lists(in: PEM.contents(of: path, limit: limit), path) }

    /// - Parameter name: what `contents` are of, for faults.
    package static func lists(in contents: [UInt8], _ name: String) throws(CredentialFault) -> [RevocationList] {
        if contents.mayBeDER { return [try list(contents, name, position: nil)] }
        let pem = try PEM(contents, of: name)
        var lists: [RevocationList] = []
        for block in pem.blocks where block.label == "X509 CRL" { lists.append(try list(block.octets, name, position: lists.count + 1)) }
        guard !lists.isEmpty else {
            throw CredentialFault(
                name, pem.blocks.isEmpty ? "holds no revocation list: neither PEM nor DER" : "holds no revocation list, only \(pem.labels)")
        }
        return lists
    }

    /// - Parameter position: in a file of several; nil in DER.
    private static func list(_ der: [UInt8], _ name: String, position: Int?) throws(CredentialFault) -> RevocationList {
        do throws(RevocationList.Fault) {
            return try RevocationList(der: der)
        } catch {
            let which = position.map { "revocation list \($0) in it" }
            switch error {
            case .unreadable:
                throw CredentialFault(name, which.map { "\($0) cannot be read" } ?? "is neither PEM nor one revocation list in DER")
            case .indirect:
                throw CredentialFault(
                    name,
                    "\(which.map { "\($0) is" } ?? "is") an indirect one (RFC 5280 section 5.2.5), about certificates of other issuers, which is not taken"
                )
            }
        }
    }
}
