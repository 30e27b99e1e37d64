import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension FetchFault {
    /// What an error of the HTTP client means. Its own words go nowhere: they name types, and change with versions.
    init(_ error: any Error) {
        switch error {
        case is NIOTooManyBytesError: self = .tooLarge
        case let error as HTTPClientError: self = Self.ofClient(error)
        case is HTTPParserError: self = .nonsense
        case let error as IOError: self = Self.ofSystem(error.errnoCode)
        case let error as NIOConnectionError: self = Self.ofConnecting(error)
        case is ChannelError, NIOSSLError.uncleanShutdown: self = .interrupted
        case let error as BoringSSLError: self = .unreachable(Self.ofTLS("\(error)"))
        case let error as NIOSSLError: self = .unreachable(Self.ofTLS("\(error)"))
        case is NIOSSLExtraError: self = .unreachable(.otherName)
        case is CancellationError: self = .interrupted
        default: self = .unreachable(.other)
        }
    }

    private static func ofClient(_ error: HTTPClientError) -> FetchFault {
        switch error {
        case .deadlineExceeded, .readTimeout: .timeout
        case .connectTimeout: .unreachable(.tooSlow)
        case .tlsHandshakeTimeout: .unreachable(.tooSlow)
        case .remoteConnectionClosed, .cancelled: .interrupted
        default: .unreachable(.other)
        }
    }

    private static func ofSystem(_ code: CInt) -> FetchFault {
        switch code {
        case ECONNRESET, EPIPE: .interrupted
        case ECONNREFUSED: .unreachable(.refused)
        default: .unreachable(.other)
        }
    }

    private static func ofConnecting(_ error: NIOConnectionError) -> FetchFault {
        guard let first = error.connectionErrors.first else { return .unreachable(.unknownName) }
        let isRefused = (first.error as? IOError)?.errnoCode == ECONNREFUSED
        return .unreachable(isRefused ? .refused : first.error is ChannelError ? .tooSlow : .other)
    }

    /// Alerts by which a server says that it wants a certificate, or another.
    private static let refusals = [
        "ALERT_CERTIFICATE_REQUIRED", "ALERT_BAD_CERTIFICATE", "ALERT_UNKNOWN_CA", "ALERT_CERTIFICATE_UNKNOWN", "ALERT_CERTIFICATE_EXPIRED",
        "ALERT_UNSUPPORTED_CERTIFICATE", "ALERT_CERTIFICATE_REVOKED", "ALERT_ACCESS_DENIED",
    ]

    /// By BoringSSL's names of its errors, which NIOSSL hands on as text alone.
    private static func ofTLS(_ text: String) -> Unreachable {
        if text.contains("CERTIFICATE_VERIFY_FAILED") { return .untrusted }
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") { return .noTLS }
        if refusals.contains(where: text.contains) { return .refusesCertificate }
        return .tls
    }
}
