import Foundation
import SwiftASN1
import X509

/// A folder of PEM files: `NAME.pem` with the chain, leaf first, and `NAME.key`.
struct LabDirectory: Sendable {
    let url: URL

    init(_ path: String) { url = URL(fileURLWithPath: path, isDirectory: true) }

    func path(_ file: String) -> String { url.appendingPathComponent(file).path }

    func has(_ file: String) -> Bool { FileManager.default.fileExists(atPath: path(file)) }

    func create() throws {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    func write(_ identity: IssuedCertificate, as name: String) throws {
        try write(try identity.chain.pem, to: "\(name).pem")
        try write(try identity.keyPEM, to: "\(name).key", mode: 0o600)
    }

    func write(_ text: String, to file: String, mode: Int = 0o644) throws {
        try write(Data(text.utf8), to: file, mode: mode)
    }

    /// Replaces a file whole, so that no reader sees half of one.
    func write(_ octets: Data, to file: String, mode: Int = 0o644) throws {
        let target = url.appendingPathComponent(file)
        // Where it has to be kept from others, from the beginning: there is no moment in which they may read it.
        let aside = url.appendingPathComponent(".\(file).new")
        try? FileManager.default.removeItem(at: aside)
        guard FileManager.default.createFile(atPath: aside.path, contents: nil, attributes: [.posixPermissions: mode]) else {
            throw LabError("cannot write \(target.path)")
        }
        let handle = try FileHandle(forWritingTo: aside)
        try handle.write(contentsOf: octets)
        try handle.close()
        guard rename(aside.path, target.path) == 0 else { throw LabError("cannot write \(target.path)") }
    }

    /// What is not there needs no other place.
    func move(_ file: String, to other: String) throws {
        guard has(file) else { return }
        try? FileManager.default.removeItem(atPath: path(other))
        try FileManager.default.moveItem(atPath: path(file), toPath: path(other))
    }

    func read(_ name: String) throws -> IssuedCertificate {
        IssuedCertificate(chain: try chain(name), key: try Certificate.PrivateKey(pemEncoded: text("\(name).key")))
    }

    func chain(_ name: String) throws -> CertificateChain {
        guard has("\(name).pem") else { throw LabError("there is no \(path("\(name).pem"))") }
        let chain = try certificates("\(name).pem")
        guard let certificate = chain.first else { throw LabError("\(path("\(name).pem")) holds no certificate") }
        return CertificateChain(certificate: certificate, intermediates: Array(chain.dropFirst()))
    }

    func certificates(_ file: String) throws -> [Certificate] { try Self.certificates(inPEM: text(file)) }

    func text(_ file: String) throws -> String {
        try String(contentsOf: url.appendingPathComponent(file), encoding: .utf8)
    }

    static func certificates(inPEM text: String) throws -> [Certificate] {
        try PEMDocument.parseMultiple(pemString: text).map { try Certificate(pemDocument: $0) }
    }
}
