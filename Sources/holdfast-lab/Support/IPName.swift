import ArgumentParser
import Foundation
import SwiftASN1
import X509

/// An IP address on the command line, as a certificate has it.
struct IPName: ExpressibleByArgument, Sendable {
    let name: GeneralName

    init?(argument: String) {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var octets = [UInt8](repeating: 0, count: count)
            guard inet_pton(family, argument, &octets) == 1 else { continue }
            name = .ipAddress(ASN1OctetString(contentBytes: octets[...]))
            return
        }
        return nil
    }
}
