import ClientIdentity
import HoldfastConfiguration
import NIOSSL

extension Blueprint {
    package var logLevel: String { configuration.log.level.rawValue }

    /// Dangerous choices, in plain words.
    package var warnings: [String] { ConfigurationSummary(configuration).warnings + (refusesTLS12 ? [tls12Warning] : []) }

    /// What the configuration lets through, a line each.
    package var description: [String] { ConfigurationSummary(configuration).lines + (refusesTLS12 ? ["warning: \(tls12Warning)"] : []) }

    /// FAPI 1.0 Advanced allows TLS 1.2 with RSA suites only, and the certificate has no RSA key.
    private var refusesTLS12: Bool {
        configuration.listener.onlyRSASuites && configuration.listener.minimumTLS == .tls12 && tls.minimumVersion == .tlsv13
    }

    private var tls12Warning: String {
        "listener.certificate has no RSA key: under this profile clients of TLS 1.2 are refused, and TLS 1.3 is spoken only."
    }
}
