import ArgumentParser
import Foundation
import NIOSSL

/// `NAME=TOKENFILE` on the command line: a client of the PKI directory, and the file with its token.
struct ClientArgument: ExpressibleByArgument, Sendable {
    let name: String
    let tokenFile: String

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        (name, tokenFile) = (parts[0], parts[1])
    }
}

/// A client with its certificate, its token, and the thumbprint that its requests must be seen with.
struct LoadIdentity: Sendable {
    let name: String
    let thumbprint: String
    let token: String
    let context: NIOSSLContext

    init(_ client: ClientArgument, in directory: LabDirectory) throws {
        name = client.name
        token = try String(contentsOfFile: client.tokenFile, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        thumbprint = try directory.read(client.name).certificate.thumbprint
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(directory.path("ca.pem"))
        configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(directory.path("\(name).pem")).map { .certificate($0) }
        configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: directory.path("\(name).key"), format: .pem))
        context = try NIOSSLContext(configuration: configuration)
    }
}
