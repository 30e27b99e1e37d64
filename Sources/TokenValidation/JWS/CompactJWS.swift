import BindingPolicy

/// The three parts of a JWS in compact form (RFC 7515 section 7.1), still encoded.
///
/// Valid only while the token's buffer is.
struct CompactJWS {
    /// Octets; a longer token is refused unread.
    static let maximumLength = 16 * 1024

    let header: UnsafeRawBufferPointer
    let payload: UnsafeRawBufferPointer
    let signature: UnsafeRawBufferPointer
    /// Header and payload with the period between, as received: what is signed (RFC 7515 section 5.2 step 8).
    let signingInput: UnsafeRawBufferPointer

    init(_ token: UnsafeRawBufferPointer, maximumLength: Int = Self.maximumLength) throws(TokenRefusal) {
        guard token.count <= maximumLength else { throw TokenRefusal(.tokenTooLarge) }
        var first = 0, second = 0, count = 0
        for (index, octet) in token.enumerated() where octet == UInt8(ascii: ".") {
            count += 1
            if count == 1 { first = index } else if count == 2 { second = index }
        }
        // Five parts are a JWE (RFC 7516 section 7.1).
        guard count == 2 else { throw TokenRefusal(count == 4 ? .tokenEncrypted : .tokenMalformed) }
        header = UnsafeRawBufferPointer(rebasing: token[..<first])
        payload = UnsafeRawBufferPointer(rebasing: token[(first + 1)..<second])
        signature = UnsafeRawBufferPointer(rebasing: token[(second + 1)...])
        signingInput = UnsafeRawBufferPointer(rebasing: token[..<second])
    }
}
