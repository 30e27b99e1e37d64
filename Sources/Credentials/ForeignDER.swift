import COpenSSL

/// What a DER file may be that is not what was asked for.
enum ForeignDER {
    case pkcs12, privateKey

    init?(_ der: [UInt8]) {
        defer { ERR_clear_error() }
        let isPKCS12 = der.withUnsafeBufferPointer { octets in
            var position = octets.baseAddress
            guard let found = d2i_PKCS12(nil, &position, octets.count) else { return false }
            PKCS12_free(found)
            return true
        }
        if isPKCS12 {
            self = .pkcs12
        } else if OpenSSLKey(privateKey: der) != nil {
            self = .privateKey
        } else {
            return nil
        }
    }
}
