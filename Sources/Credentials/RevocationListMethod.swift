import COpenSSL

/// How OpenSSL looks into lists: by what their owner holds and remembers. Set once for the process, whose lists are all owned.
enum RevocationListMethod {
    private static let isInstalled: Bool = {
        guard let method = X509_CRL_METHOD_new(nil, nil, find, verify) else { return false }
        X509_CRL_set_default_method(method)
        return true
    }()

    /// Before the first list is parsed: a list takes its method when it is made.
    ///
    /// - Returns: false where there is no memory for it.
    static func install() -> Bool { isInstalled }

    /// The owner frees the list before it goes.
    static func bind(_ list: OpaquePointer, to owner: RevocationList) {
        X509_CRL_set_meth_data(list, Unmanaged.passUnretained(owner).toOpaque())
    }

    private static func owner(of list: OpaquePointer?) -> RevocationList? {
        guard let list, let data = X509_CRL_get_meth_data(list) else { return nil }
        return Unmanaged<RevocationList>.fromOpaque(data).takeUnretainedValue()
    }

    private static let find:
        @convention(c) (OpaquePointer?, UnsafeMutablePointer<OpaquePointer?>?, UnsafePointer<ASN1_INTEGER>?, OpaquePointer?) -> Int32 = {
            list, entry, serial, issuer in
            guard let owner = owner(of: list), let serial else { return 0 }
            let found = owner.find(serial.pointee, of: issuer)
            if let place = found.entry { entry?.pointee = place }
            return found.code
        }

    private static let verify: @convention(c) (OpaquePointer?, OpaquePointer?) -> Int32 = { list, key in
        guard let owner = owner(of: list), let key else { return 0 }
        return owner.isSigned(by: key) ? 1 : 0
    }
}
