package import NIOCore

/// What a front asks to have judged: a request's head, and who its front says is at the other end.
package struct CheckQuestion: Equatable, Sendable {
    /// Of HTTP/1.1, whole.
    package var head: ByteBuffer
    /// Of the request, without its port; empty where it named none.
    package var host: [UInt8]
    /// The client's certificate in whatever form the front has it; empty where the client showed none.
    package var certificate: [UInt8]
    /// `certificate` is DER, leaf alone, and not text.
    package var isDER: Bool
    /// Of the client, without its port; empty where the front does not say.
    package var address: [UInt8]
    package var upgrade = Upgrade.none

    /// What the client asks to go on with once it is answered: what follows then, nobody judges.
    package enum Upgrade: Sendable { case none, webSocket, other }

    package init(head: ByteBuffer, host: [UInt8], certificate: [UInt8], isDER: Bool = false, address: [UInt8], upgrade: [UInt8]? = nil) {
        if let upgrade { self.upgrade = upgrade.elementsEqual("websocket".utf8) ? .webSocket : .other }
        self.head = head
        self.host = Self.withoutPort(host)
        self.certificate = certificate
        self.isDER = isDER
        self.address = address
    }

    /// The DER of the client's certificate and of those sent beside it; none where none was shown, nil where what was shown is none. What is
    /// absent is not empty: nothing is hashed of it.
    package var chain: [[UInt8]]? {
        if certificate.isEmpty { return [] }
        return isDER ? [certificate] : ShownCertificate.read(certificate)
    }

    private static func withoutPort(_ host: [UInt8]) -> [UInt8] {
        guard let colon = host.lastIndex(of: UInt8(ascii: ":")), host.last != UInt8(ascii: "]") else { return host }
        return Array(host[..<colon])
    }
}

/// Why a front gets no for an answer whoever its client is: it asks in a way that cannot be understood for certain, so that it is set up
/// wrongly, or its client tries what it could not keep from the API.
package enum CheckFault: String, Error, Hashable, Sendable, CaseIterable {
    /// No form of a question.
    case malformed = "check_malformed"
    /// What has to be told once was told twice, or not at all.
    case incomplete = "check_incomplete"
    /// The client claims to be somebody in a field that the front would pass on.
    case identityClaimed = "identity_claimed"
    /// It asks for another protocol, which its route does not allow: many fronts would open a tunnel that nobody judges.
    case upgradeRefused = "upgrade_refused"
    /// The front's own certificate is accepted no more.
    case frontRefused = "front_refused"

    package var explanation: String {
        switch self {
        case .malformed: "What the front asked cannot be read."
        case .incomplete: "The front did not say once each, and once only, what is to be judged."
        case .identityClaimed: "The request has a field by which its sender would be taken for somebody."
        case .upgradeRefused: "No other protocol is spoken here than that of the request."
        case .frontRefused: "The proxy that asks may ask no more."
        }
    }
}
