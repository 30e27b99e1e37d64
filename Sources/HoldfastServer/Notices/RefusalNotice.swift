import BindingPolicy
import ClientIdentity
import Credentials
import HTTPWire
import Logging
import ProxyEngine
import Synchronization
import Telemetry
import TokenValidation

/// Writes down which client could not connect and why, or was cut off for what it did over HTTP/2, a line each: its operator sees an alert that
/// says next to nothing. Beyond so many lines a second they are only counted, and the next line says how many there were.
final class RefusalNotice: Sendable {
    private struct Memory {
        var bucket = TokenBucket(capacity: 20, interval: 0.1)
        var unsaid = 0
        /// The latest last.
        var recent: [(refusal: HandshakeRefusal, time: Double)] = []
    }

    /// How many are kept for the status page, each with what the client sent.
    private static let kept = 20

    private let logger: Logger
    private let memory = Mutex(Memory())

    init(logger: Logger) { self.logger = logger }

    /// - Parameter now: seconds since 1970.
    func refused(_ refusal: HandshakeRefusal, now: Double) {
        memory.withLock { memory in
            if memory.recent.count >= Self.kept { memory.recent.removeFirst() }
            memory.recent.append((refusal, now))
        }
        guard let unsaid = turn(now) else { return }
        logger.log(.handshakeRefused, metadata: Self.metadata(refusal).adding(unsaid))
    }

    /// - Parameter client: its address.
    func ended(_ fault: HTTP2Fault, client: String, now: Double) {
        guard let unsaid = turn(now) else { return }
        let metadata: Logger.Metadata = ["reason": "\(fault.rawValue)", "client": "\(client)", "protocol": "h2"]
        logger.log(.connectionEnded, metadata: metadata.adding(unsaid))
    }

    /// - Returns: how many lines were not said before this one; nil where this one is not said either.
    private func turn(_ now: Double) -> Int? {
        memory.withLock { memory in
            guard memory.bucket.take(now: now) else {
                memory.unsaid &+= 1
                return nil
            }
            defer { memory.unsaid = 0 }
            return memory.unsaid
        }
    }

    /// The latest first.
    var recent: [StatusReport.RefusedHandshake] {
        memory.withLock { $0.recent }.reversed().map { refusal, time in
            let details = Self.metadata(refusal).filter { $0.key != "reason" && $0.key != "client" }.mapValues { "\($0)" }
            return StatusReport.RefusedHandshake(time: time, reason: refusal.code, client: refusal.address, details: details)
        }
    }

    static func metadata(_ refusal: HandshakeRefusal) -> Logger.Metadata {
        var metadata: Logger.Metadata = ["reason": "\(refusal.code)", "client": "\(refusal.address)"]
        if let meaning = refusal.meaning { metadata["meaning"] = "\(meaning)" }
        if let hello = refusal.hello {
            if let name = hello.serverName { metadata["server_name"] = "\(name)" }
            metadata["versions"] = "\(hello.versions.map(version).joined(separator: " "))"
        }
        if let der = refusal.certificate {
            metadata["thumbprint"] = "\(Thumbprint(ofCertificate: der))"
            if let certificate = OpenSSLCertificate(der: der) {
                metadata["subject"] = "\(certificate.subject.prefix(1024))"
                metadata["issuer"] = "\(certificate.issuer.prefix(1024))"
                metadata["serial"] = "\(certificate.serial?.prefix(64) ?? "")"
            }
        }
        return metadata
    }

    /// GREASE (RFC 8701) and what is to come stay numbers.
    private static func version(_ number: Int) -> String {
        switch number {
        case 0x0300: "SSL3"
        case 0x0301: "TLS1.0"
        case 0x0302: "TLS1.1"
        case 0x0303: "TLS1.2"
        case 0x0304: "TLS1.3"
        default: "0x" + String(number, radix: 16)
        }
    }
}

extension Logger.Metadata {
    fileprivate func adding(_ unsaid: Int) -> Logger.Metadata { unsaid > 0 ? merging(["more": "\(unsaid)"]) { $1 } : self }
}
