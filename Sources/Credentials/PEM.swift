import COpenSSL
import Files

/// The blocks of a PEM text (RFC 7468), as OpenSSL finds them: with any text around, and with any line ends.
struct PEM {
    struct Block {
        /// Such as `CERTIFICATE`.
        let label: String
        /// In the old form, in which the key itself is encrypted inside of its block (RFC 1421).
        let isEncrypted: Bool
        let octets: [UInt8]
    }

    let blocks: [Block]

    /// - Parameter text: without a byte order mark.
    /// - Throws: where a block is damaged; text without any block has none.
    init(_ text: [UInt8], of path: String) throws(CredentialFault) {
        guard let count = Int32(exactly: text.count), let input = BIO_new(BIO_s_mem()) else {
            throw CredentialFault(path, "cannot be read: out of memory")
        }
        defer {
            BIO_free(input)
            ERR_clear_error()
        }
        guard BIO_write(input, text, count) == count else { throw CredentialFault(path, "cannot be read: out of memory") }
        ERR_clear_error()
        var blocks: [Block] = []
        while let block = try Self.next(input, position: blocks.count + 1, text, path) { blocks.append(block) }
        self.blocks = blocks
    }

    /// Nil where the text ends.
    private static func next(_ input: OpaquePointer, position: Int, _ text: [UInt8], _ path: String) throws(CredentialFault) -> Block? {
        var label: UnsafeMutablePointer<CChar>?
        var header: UnsafeMutablePointer<CChar>?
        var data: UnsafeMutablePointer<UInt8>?
        var length = 0
        guard PEM_read_bio(input, &label, &header, &data, &length) == 1 else {
            guard holdfast_error_is_end_of_pem(ERR_peek_last_error()) != 0 else {
                let isJoined = text.contains(sequence: "----------BEGIN")
                throw CredentialFault(
                    path, "PEM block \(position) in it is damaged" + (isJoined ? ": two blocks stand on one line, which must be two" : ""))
            }
            return nil
        }
        defer {
            CRYPTO_free(label, nil, 0)
            CRYPTO_free(header, nil, 0)
            // Keys may stand in the same file, so what was read is wiped.
            CRYPTO_clear_free(data, length, nil, 0)
        }
        guard let label, let data else { throw CredentialFault(path, "PEM block \(position) in it is damaged") }
        return Block(
            label: String(cString: label), isEncrypted: header.map { String(cString: $0).contains("ENCRYPTED") } ?? false,
            octets: [UInt8](UnsafeBufferPointer(start: data, count: length)))
    }

    /// What it has, each kind once, for a sentence about what it lacks.
    var labels: String {
        blocks.map(\.label).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }.prefix(4).joined(separator: ", ")
    }
}

extension PEM {
    /// The octets of a file that is PEM or DER, without a byte order mark.
    static func contents(of path: String, limit: Int = RegularFile.usualLimit) throws(CredentialFault) -> [UInt8] {
        let contents: [UInt8]
        do throws(FileFault) { contents = ByteOrderMark.removed(from: try RegularFile.read(path, limit: limit)) } catch {
            throw CredentialFault(path, error)
        }
        guard !ByteOrderMark.isUTF16(contents) else {
            throw CredentialFault(path, "is written in UTF-16; save it as UTF-8 or plain ASCII")
        }
        return contents
    }
}

extension [UInt8] {
    fileprivate func contains(sequence: String) -> Bool { firstRange(of: Array(sequence.utf8)) != nil }

    /// Whether it can be DER: each certificate and key is a SEQUENCE.
    var mayBeDER: Bool { first == 0x30 }
}
