import COpenSSL

/// OpenSSL's two families of functions for DER, `i2d` and `d2i`, over octets of ours.
package enum OpenSSLDER {
    /// - Parameter write: an `i2d` function with what it writes.
    /// - Returns: nil where it cannot be written, or there is no memory for it.
    package static func octets(_ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32) -> [UInt8]? {
        let count = Int(write(nil))
        guard count > 0 else { return nil }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            var position = buffer.baseAddress
            initialized = max(0, min(Int(write(&position)), count))
        }
    }

    /// - Parameters:
    ///   - der: exactly one value; nil for anything else, trailing octets included.
    ///   - free: of the value that was read where octets trail it.
    ///   - read: a `d2i` function.
    /// - Returns: what the caller frees. OpenSSL's queue of errors is empty afterwards.
    package static func value(
        in der: [UInt8], free: (OpaquePointer?) -> Void, _ read: (UnsafeMutablePointer<UnsafePointer<UInt8>?>, Int) -> OpaquePointer?
    ) -> OpaquePointer? {
        defer { ERR_clear_error() }
        return der.withUnsafeBufferPointer { octets in
            var position = octets.baseAddress
            guard let value = read(&position, octets.count) else { return nil }
            guard let start = octets.baseAddress, let position, position - start == octets.count else {
                free(value)
                return nil
            }
            return value
        }
    }
}
