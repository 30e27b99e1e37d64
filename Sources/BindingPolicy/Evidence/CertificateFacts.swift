/// What is known of the holder of a client's certificate, as far as routes, registered clients and forwarded fields have a use for it. Read once
/// for each path that is validated, and believed because of that path alone.
///
/// Values are octets with their length, as they stand in the certificate: none ends at a NUL.
package final class CertificateFacts: Equatable, Sendable {
    /// A value and the kind of it, as an object identifier with dots.
    package struct Typed: Equatable, Sendable {
        package let type: String
        /// Of the subject in UTF-8, in whatever form it stands there.
        package let value: [UInt8]

        package init(type: String, value: [UInt8]) { (self.type, self.value) = (type, value) }
    }

    /// In the certificate's order.
    package let subject: [Typed]
    package let dns: [[UInt8]]
    package let uris: [[UInt8]]
    /// Those whose value is a text.
    package let otherNames: [Typed]
    /// PSD2's, of a statement that is whole.
    package let roles: [PaymentRole]
    /// The client of the configuration that it is; nil where none is named there.
    package let client: ClientStanding?

    /// The subject's `organizationIdentifier` (ETSI EN 319 412-1 section 5.1.4), such as `PSDGB-FCA-123456`; nil unless there is exactly one.
    package var organization: String? {
        let found = subject.filter { $0.type == Self.organizationIdentifier }
        guard found.count == 1, let value = found.first?.value, !value.isEmpty, value.count <= Self.organizationLimit else { return nil }
        return String(validating: value, as: UTF8.self)
    }

    /// Nil unless it is the certificate's only URI (X509-SVID section 2).
    package let spiffeID: SPIFFEID?

    package static let organizationIdentifier = "2.5.4.97"
    /// No register's numbers come near it, in octets.
    package static let organizationLimit = 256

    package init(
        subject: [Typed] = [], dns: [[UInt8]] = [], uris: [[UInt8]] = [], otherNames: [Typed] = [], roles: [PaymentRole] = [],
        client: ClientStanding? = nil
    ) {
        self.subject = subject
        self.dns = dns
        self.uris = uris
        self.otherNames = otherNames
        self.roles = roles
        self.client = client
        spiffeID = uris.count == 1 ? uris.first.flatMap(SPIFFEID.init) : nil
    }

    package static func == (left: CertificateFacts, right: CertificateFacts) -> Bool {
        left === right
            || left.subject == right.subject && left.dns == right.dns && left.uris == right.uris && left.otherNames == right.otherNames
                && left.roles == right.roles && left.client == right.client
    }

    /// The same, known to be of that client.
    package func of(_ client: ClientStanding) -> CertificateFacts {
        CertificateFacts(subject: subject, dns: dns, uris: uris, otherNames: otherNames, roles: roles, client: client)
    }

    /// About how many octets of memory it takes: rather more than fewer.
    package var footprint: Int {
        let values = (subject + otherNames).map { $0.value.count + $0.type.utf8.count + 96 } + (dns + uris).map { $0.count + 48 }
        let scopes = client?.scopes?.reduce(0) { $0 + $1.utf8.count + 16 } ?? 0
        return values.reduce(512 + scopes, +)
    }
}

/// What a payment service provider may do (ETSI TS 119 495 section 5.1).
package enum PaymentRole: String, CaseIterable, Sendable {
    case accountServicing = "PSP_AS"
    case paymentInitiation = "PSP_PI"
    case accountInformation = "PSP_AI"
    case cardIssuing = "PSP_IC"
}
