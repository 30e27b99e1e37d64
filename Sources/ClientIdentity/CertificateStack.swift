import COpenSSL
import Credentials

/// OpenSSL's `STACK_OF(X509)` with references of its own; freed with this object.
final class CertificateStack {
    let pointer: OpaquePointer

    init?(_ certificates: some Sequence<OpenSSLCertificate>) {
        guard let stack = holdfast_x509_stack() else { return nil }
        pointer = stack
        for certificate in certificates where !push(certificate.pointer) { return nil }
    }

    init?(_ certificates: some Sequence<OpaquePointer>) {
        guard let stack = holdfast_x509_stack() else { return nil }
        pointer = stack
        for certificate in certificates where !push(certificate) { return nil }
    }

    private func push(_ certificate: OpaquePointer) -> Bool {
        X509_up_ref(certificate)
        guard holdfast_x509_stack_push(pointer, certificate) == 1 else {
            X509_free(certificate)
            return false
        }
        return true
    }

    deinit { holdfast_x509_stack_free(pointer) }
}
