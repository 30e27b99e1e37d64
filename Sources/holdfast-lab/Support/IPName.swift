import ArgumentParser
import Foundation
import NIOCore
import SwiftASN1
import X509

/// An IP address on the command line, as a certificate has it.
struct IPName: ExpressibleByArgument, Sendable {
    let name: GeneralName

    init?(argument: String) {
        guard let address = try? SocketAddress(ipAddress: argument, port: 0) else { return nil }
        switch address {
        case .v4(let v4): name = Self.name(withUnsafeBytes(of: v4.address.sin_addr) { Array($0) })
        case .v6(let v6): name = Self.name(withUnsafeBytes(of: v6.address.sin6_addr) { Array($0) })
        case .unixDomainSocket: return nil
        }
    }

    private static func name(_ octets: [UInt8]) -> GeneralName { .ipAddress(ASN1OctetString(contentBytes: octets[...])) }
}
