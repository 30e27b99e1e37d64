import CTLSClient

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// One connection of OpenSSL's, from its handshake to its end.
final class TLSConnection {
    enum Read { case octets([UInt8]), closed, silent, refused(String) }

    private let socket: Socket
    private let ssl: OpaquePointer

    /// - Parameter application: what ALPN offers, alone.
    init?(_ socket: Socket, _ context: ClientContext, application: String) {
        guard let ssl = SSL_new(context.pointer) else {
            socket.end()
            return nil
        }
        (self.socket, self.ssl) = (socket, ssl)
        SSL_set_fd(ssl, socket.descriptor)
        let offer = [UInt8(application.utf8.count)] + Array(application.utf8)
        SSL_set_alpn_protos(ssl, offer, UInt32(offer.count))
    }

    deinit {
        SSL_free(ssl)
        socket.end()
    }

    /// - Parameters:
    ///   - name: in the handshake; nil: none.
    ///   - expected: the server's name in its certificate, or its address; nil: whatever certificate it shows under another name.
    func prepare(name: String?, expected: String?, version: Approach.Version?, session: TLSSession?) {
        if let name { _ = holdfast_name_server(ssl, name) }
        if let expected {
            if let parameters = SSL_get0_param(ssl), X509_VERIFY_PARAM_set1_ip_asc(parameters, expected) != 1 { SSL_set1_host(ssl, expected) }
        } else {
            SSL_set_verify(ssl, SSL_VERIFY_NONE, nil)
        }
        switch version {
        case .tls12: _ = holdfast_limit_version(ssl, TLS1_2_VERSION)
        case .tls13: _ = holdfast_limit_version(ssl, TLS1_3_VERSION)
        case nil: break
        }
        if let session { SSL_set_session(ssl, session.pointer) }
        ERR_clear_error()
    }

    /// Nil where it is done.
    func handshake() -> Observation? {
        let result = SSL_connect(ssl)
        if result == 1 { return nil }
        let verified = SSL_get_verify_result(ssl)
        if SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE, verified != Int(X509_V_OK) {
            return .failed("the server's certificate: \(String(cString: X509_verify_cert_error_string(verified)))")
        }
        return switch fault(result) {
        case .refused(let why): .refusedByTLS(why)
        case .closed: .refusedByTLS("closed during the handshake")
        case .silent: .silent
        case .octets: .closed
        }
    }

    var speaksHTTP2: Bool {
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &name, &count)
        return UnsafeBufferPointer(start: name, count: Int(count)).elementsEqual("h2".utf8)
    }

    var isResumed: Bool { SSL_session_reused(ssl) == 1 }

    /// What may be resumed by now; with TLS 1.3, once an answer was read.
    var session: TLSSession? { SSL_get1_session(ssl).flatMap { TLSSession($0) } }

    func send(_ octets: [UInt8]) -> Bool {
        ERR_clear_error()
        return SSL_write(ssl, octets, Int32(octets.count)) > 0
    }

    func read() -> Read {
        ERR_clear_error()
        var octets = [UInt8](repeating: 0, count: 16 << 10)
        let count = SSL_read(ssl, &octets, Int32(octets.count))
        return count > 0 ? .octets(Array(octets.prefix(Int(count)))) : fault(count)
    }

    func end() { SSL_shutdown(ssl) }

    /// What a call's failure means; the queue of errors was empty before the call.
    private func fault(_ result: Int32) -> Read {
        let cause = errno
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_ZERO_RETURN: return .closed
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .silent
        case SSL_ERROR_SYSCALL: return cause == EAGAIN || cause == EWOULDBLOCK ? .silent : .closed
        default:
            let code = ERR_peek_error()
            guard let reason = ERR_reason_error_string(code) else { return .closed }
            let text = String(cString: reason)
            return text == "unexpected eof while reading" ? .closed : .refused(text)
        }
    }
}

/// A session that a later connection may resume.
final class TLSSession {
    let pointer: OpaquePointer

    /// Takes it over; nil where it cannot be resumed.
    init?(_ pointer: OpaquePointer) {
        guard SSL_SESSION_is_resumable(pointer) == 1 else {
            SSL_SESSION_free(pointer)
            return nil
        }
        self.pointer = pointer
    }

    deinit { SSL_SESSION_free(pointer) }
}
