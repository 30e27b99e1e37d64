import Synchronization

/// Why a certificate was not accepted, told from within the verification of one connection; TLS itself ends with an alert that says less.
package final class TLSVerdict: Sendable {
    private let value = Mutex<String?>(nil)

    package init() {}

    /// A code such as `cert_expired`; nil where the verification refused nothing.
    package var cause: String? { value.withLock { $0 } }
    package func refuse(_ cause: String) { value.withLock { $0 = cause } }
}
