import BindingPolicy
import Foundation
import HTTPWire
import SwiftASN1
import Testing
import X509

@testable import ClientIdentity

extension ASN1ObjectIdentifier {
    fileprivate static let commonName = RDNAttributeType.commonName
    fileprivate static let countryName = RDNAttributeType.countryName
    fileprivate static let organizationName = RDNAttributeType.organizationName
    fileprivate static let organizationalUnitName = RDNAttributeType.organizationalUnitName
}

/// What a connection proved, made for a test.
private final class Shown: ProvenCertificate {
    let thumbprint: Thumbprint
    let chain: [[UInt8]]

    init(_ chain: [[UInt8]]) {
        self.chain = chain
        thumbprint = Thumbprint(ofCertificate: chain[0])
    }
}

/// The fields of one dialect, read back as any server would, and how many values were left out.
private struct Told {
    var fields: [(name: String, value: String)] = []
    var leftOut = 0

    init(
        _ dialects: CertificateDialect..., of chain: [[UInt8]]?, fault: DenialReason? = nil, isValidated: Bool = true,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let lines = CertificateForwarding(dialects, isValidated: isValidated).lines(of: chain.map(Shown.init), fault: fault)
        #expect(lines.leftOut.allSatisfy(dialects.contains), sourceLocation: location)
        leftOut = lines.leftOut.count
        let octets = lines.octets
        #expect(octets.allSatisfy { 0x20...0x7e ~= $0 || $0 == 13 || $0 == 10 }, sourceLocation: location)
        for line in octets.split(separator: 10, omittingEmptySubsequences: false).dropLast() {
            #expect(line.last == 13 && !line.dropLast().contains(13), sourceLocation: location)
            let text = String(decoding: line.dropLast(), as: UTF8.self)
            let colon = try #require(text.firstRange(of: ": "), sourceLocation: location)
            fields.append((String(text[..<colon.lowerBound]), String(text[colon.upperBound...])))
        }
        let names = Set(fields.map(\.name))
        #expect(names.count == fields.count && names.isSubset(of: dialects.flatMap(\.fieldNames)), sourceLocation: location)
    }

    subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }
}

private let hostile: [String] = [
    "plain", "a,b", "a\"b", "a\\b", "a;b=c", "a/CN=admin", "x,CN=admin", "x\r\nX-Admin: 1", "x\0y", "é", "日本 😀", " lead", "trail ", " ", "\\", "\"",
    "x\\\"y", "\";Issuer=\"CN=admin", "#hash", "<x>+y", "a\u{85}b\u{2028}c", "%22%2C", "A/S", "Foo, Inc", "trail\\ ", "'; DROP", "\t", "\u{7f}",
]

@Suite("The certificate in the fields that gateways set")
struct DialectTests {
    private let root: TestCertificate
    private let other: TestCertificate

    init() throws {
        root = try .authority()
        other = try .authority("Another Root")
    }

    private func client(_ attributes: [(ASN1ObjectIdentifier, String)], names: [GeneralName] = []) throws -> [UInt8] {
        var extensions = try TestCertificate.clientExtensions()
        if !names.isEmpty { try extensions.append(Certificate.Extension(SubjectAlternativeNames(names), critical: false)) }
        let subject = DistinguishedName(attributes.map { RelativeDistinguishedName([.init(type: $0.0, utf8String: $0.1)]) })
        let key = TestCertificate.newKey()
        let made = try Certificate(
            version: .v3, serialNumber: .init(bytes: [0x03, 0xa5, 0xb1]), publicKey: key.publicKey,
            notValidBefore: Date(timeIntervalSince1970: testNow),
            notValidAfter: Date(timeIntervalSince1970: testNow + day), issuer: root.certificate.subject, subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256, extensions: extensions, issuerPrivateKey: root.key)
        return try TestCertificate(made, key).der
    }

    private func client(_ name: String, names: [GeneralName] = []) throws -> [UInt8] { try client([(.commonName, name)], names: names) }

    @Test("RFC 9440's own example comes out as it is printed there, and its chain without the root (CC-03, CC-05)")
    func rfc9440() throws {
        let told = try Told(.rfc9440, of: [Published.rfc9440Leaf, Published.rfc9440Intermediate, Published.rfc9440Root])
        #expect(told["Client-Cert"] == ":\(Data(Published.rfc9440Leaf).base64EncodedString()):")
        #expect(told["Client-Cert-Chain"] == ":\(Data(Published.rfc9440Intermediate).base64EncodedString()):")
        #expect(told.fields.count == 2 && told.leftOut == 0)
        #expect(try Told(.rfc9440, of: [Published.rfc9440Leaf]).fields.map(\.name) == ["Client-Cert"])
    }

    @Test("The chain has only what signed the one before, in TLS order, however the client sent it")
    func chain() throws {
        let (leaf, between, root) = (Published.rfc9440Leaf, Published.rfc9440Intermediate, Published.rfc9440Root)
        let expected = ":\(Data(between).base64EncodedString()):"
        for sent in [[leaf, root, between], [leaf, Published.rfc8705, between], [leaf, try other.issue("x").der, between, leaf]] {
            #expect(try Told(.rfc9440, of: sent)["Client-Cert-Chain"] == expected)
        }
        // Named as the issuer is, with another key; and nothing that leads there.
        let namesake = try TestCertificate.authority("Test Root")
        for sent in [[try client("a"), namesake.der], [leaf, root], [try client("a"), Array(root.prefix(20))]] {
            #expect(try Told(.rfc9440, of: sent)["Client-Cert-Chain"] == nil)
        }
    }

    @Test("Several intermediates come one after the other")
    func longChain() throws {
        func authority(_ name: String, by issuer: TestCertificate) throws -> TestCertificate {
            try issuer.issue(name, extensions: TestCertificate.authorityExtensions())
        }
        let upper = try authority("Upper", by: root)
        let lower = try authority("Lower", by: upper)
        let leaf = try lower.issue("client")
        let expected = [lower, upper].map { ":\(Data($0.der).base64EncodedString()):" }.joined(separator: ", ")
        #expect(try Told(.rfc9440, of: [leaf.der, upper.der, root.der, lower.der])["Client-Cert-Chain"] == expected)
        let traefik = try Told(.traefik, of: [leaf.der, lower.der, upper.der])["X-Forwarded-Tls-Client-Cert"]
        #expect(traefik == [leaf, lower, upper].map { Data($0.der).base64EncodedString() }.joined(separator: ","))
    }

    @Test("Escaped PEM is read back as the certificate it was", arguments: ["ssl-client-cert", "X-Amzn-Mtls-Clientcert-Leaf"])
    func escapedPEM(name: String) throws {
        for der in [try client("a"), try client("some more octets"), Published.rfc8705] {
            let text = try #require(try Told(.nginx, .aws, of: [der])[name]).removingPercentEncoding
            #expect(try text.map { try Certificate(pemEncoded: $0) } == Certificate(derEncoded: der))
            #expect(text?.split(separator: "\n").allSatisfy { $0.count <= 64 } == true && text?.hasSuffix("-----END CERTIFICATE-----\n") == true)
        }
        let said = try #require(try Told(.nginx, .aws, of: [Published.rfc8705])[name])
        #expect(said.contains("+") == (name != "ssl-client-cert") && !said.contains(" "))
    }

    @Test("nginx tells serial, SHA-1 and a verdict in its words")
    func nginx() throws {
        let der = try client("a")
        let told = try Told(.nginx, of: [der])
        #expect(told["ssl-client-verify"] == "SUCCESS" && told["ssl-client-serial"] == "03A5B1")
        #expect(told["ssl-client-subject-dn"] == "CN=a" && told["ssl-client-issuer-dn"] == "CN=Test Root")
        #expect(told["ssl-client-fingerprint"]?.count == 40 && told["ssl-client-fingerprint"] == told["ssl-client-fingerprint"]?.lowercased())
        #expect(try Told(.nginx, of: nil).fields.map(\.value) == ["NONE"])
        #expect(try Told(.nginx, of: [der], fault: .certificateExpired)["ssl-client-verify"] == "FAILED:certificate has expired")
        #expect(try Told(.nginx, of: [der], isValidated: false)["ssl-client-verify"]?.hasPrefix("FAILED:") == true)
        #expect(try Told(.haproxy, of: [der])["X-SSL-Client-Verify"] == "0")
        for fault in [DenialReason.certificateExpired, .certificateNotYetValid, .certificateRevoked, .certificateUntrusted, .revocationListStale] {
            #expect(try Told(.haproxy, of: [der], fault: fault)["X-SSL-Client-Verify"] != "0")
            #expect(try Told(.nginx, of: [der], fault: fault)["ssl-client-verify"]?.hasPrefix("FAILED:") == true)
        }
        #expect(try Told(.haproxy, of: [der], isValidated: false)["X-SSL-Client-Verify"] == "20")
    }

    @Test("No other dialect says anything of a client without a certificate")
    func anonymous() throws {
        for dialect in CertificateDialect.allCases where dialect != .nginx { #expect(try Told(dialect, of: nil).fields.isEmpty) }
    }

    @Test("Names in RFC 2253 are read back as they were, whatever is in them (CC-19)", arguments: hostile)
    func names(text: String) throws {
        let told = try Told(.nginx, .aws, of: [client([(.organizationName, text), (.commonName, "last"), (.organizationName, text)])])
        for name in ["ssl-client-subject-dn", "X-Amzn-Mtls-Clientcert-Subject"] {
            let parts = try #require(told[name].flatMap(RFC2253.init)).parts
            #expect(parts.map(\.type) == ["O", "CN", "O"] && parts.map(\.value) == [text, "last", text])
        }
        #expect(told.leftOut == 0)
    }

    @Test("Nothing in a subject ends Envoy's quotes, whatever its reader does with backslashes", arguments: hostile)
    func xfccSubject(text: String) throws {
        let said = try #require(try Told(.xfcc, of: [client([(.organizationName, text), (.commonName, "last")])])["X-Forwarded-Client-Cert"])
        // Read as one who knows no escape at all: every other part lies between quotes.
        let parts = said.split(separator: "\"", omittingEmptySubsequences: false).map(String.init)
        #expect(parts.count == 7 && parts[0].hasSuffix(";Subject=") && parts[2] == ";URI=;Cert=" && parts[4] == ";Chain=" && parts[6] == "")
        #expect(RFC2253(parts[1])?.parts.map(\.value) == ["last", text])
    }

    @Test("URIs and host names stand in quotes where they have to, and those that would end them are left out, all of a kind")
    func xfccNames() throws {
        func told(_ names: GeneralName...) throws -> (String, Int) {
            let told = try Told(.xfcc, of: [client("a", names: names)])
            let said = try #require(told["X-Forwarded-Client-Cert"])
            let end = try #require(said.range(of: ";Cert="))
            let start = try #require(said.range(of: "Subject=\"CN=a\""))
            return (String(said[start.upperBound..<end.lowerBound].dropFirst()), told.leftOut)
        }
        #expect(
            try told(.uniformResourceIdentifier("spiffe://x/a"), .dnsName("a.example"), .dnsName("*.b")) == (
                "URI=spiffe://x/a;DNS=a.example;DNS=*.b", 0
            ))
        #expect(try told(.uniformResourceIdentifier("spiffe://x/a,By=b;c")) == ("URI=\"spiffe://x/a,By=b;c\"", 0))
        #expect(try told(.uniformResourceIdentifier("x\";By=\"y")) == ("", 1))
        #expect(try told(.uniformResourceIdentifier("spiffe://x/\\"), .dnsName("a")) == ("DNS=a", 1))
        #expect(try told(.dnsName("good"), .dnsName("a\r\nX-Admin: 1")) == ("URI=", 1))
        #expect(try told(.dnsName("a\0.example")) == ("URI=", 1))
        #expect(try told(.rfc822Name("\"a\"@b"), .directoryName(try .init { CommonName("x") })) == ("URI=", 0))
    }

    @Test("HAProxy's names have no escaping: what could be read as another name is left out")
    func haproxy() throws {
        func told(_ text: String) throws -> (dn: String?, cn: String?, leftOut: Int) {
            let told = try Told(.haproxy, of: [client([(.countryName, "NZ"), (.commonName, text)])])
            return (told["X-SSL-Client-DN"], told["X-SSL-Client-CN"], told.leftOut)
        }
        for text in ["plain", "A/S", "a=b", "Foo, Inc", "a;b", "#%&'"] { #expect(try told(text) == ("/C=NZ/CN=\(text)", text, 0)) }
        // A field's value has no white space at its ends.
        #expect(try told("trail ") == (nil, nil, 2) && told(" lead") == ("/C=NZ/CN= lead", nil, 1))
        for text in ["a/CN=admin", "a\"b", "a\\b", "é", "x\r\nX-Admin: 1", "x\0y", "\u{7f}"] { #expect(try told(text) == (nil, nil, 2)) }
        let told = try Told(.haproxy, of: [client("a")])
        #expect(told["X-SSL-Client-NotBefore"] == "270115080000Z" && told["X-SSL-Client-NotAfter"] == "270116080000Z")
        #expect(told["X-SSL-Issuer"] == "/CN=Test Root" && told["X-SSL"] == "1" && told["X-SSL-Client-Serial"] == "03A5B1")
        let der = try client("b")
        #expect(try Told(.haproxy, of: [der])["X-SSL-Client-Cert"].flatMap { Data(base64Encoded: $0) } == Data(der))
    }

    @Test("Traefik's text has no escaping inside its quotes: what could be read as another part is left out")
    func traefik() throws {
        func info(_ subject: [(ASN1ObjectIdentifier, String)], _ names: GeneralName...) throws -> (String?, Int) {
            let told = try Told(.traefik, of: [client(subject, names: names)])
            return (told["X-Forwarded-Tls-Client-Cert-Info"]?.removingPercentEncoding, told.leftOut)
        }
        let rest = "Issuer=\"CN=Test Root\";SerialNumber=\"239025\";NB=\"1800000000\";NA=\"1800086400\""
        let names: [(ASN1ObjectIdentifier, String)] = [
            (.commonName, "first"), (.organizationName, "Foo, Inc"), (.countryName, "NZ"), (.organizationalUnitName, "é\r\n\0"),
            (.commonName, "last"),
        ]
        #expect(try info(names) == ("Subject=\"C=NZ,O=Foo, Inc,OU=é\r\n\0,CN=last\";\(rest)", 0))
        for text in ["x,CN=admin", "a\"b", "\";Issuer=\"CN=admin", "a;SAN=b"] { #expect(try info([(.commonName, text)]) == (rest, 1)) }
        let address = GeneralName.ipAddress(ASN1OctetString(contentBytes: [192, 0, 2, 1]))
        let six = GeneralName.ipAddress(ASN1OctetString(contentBytes: [0x20, 1, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [1]))
        #expect(
            try info([(.commonName, "a")], .uniformResourceIdentifier("spiffe://x/a"), six, .rfc822Name("a@b"), .dnsName("h"), address).0?
                .hasSuffix(";SAN=\"h,a@b,2001:db8::1,192.0.2.1,spiffe://x/a\"") == true)
        for bad in ["a,b", "a\"", "a;b"] {
            #expect(try info([(.commonName, "a")], .dnsName("good"), .dnsName(bad)) == ("Subject=\"CN=a\";\(rest)", 1))
        }
        let odd = GeneralName.ipAddress(ASN1OctetString(contentBytes: [1, 2, 3]))
        #expect(try info([(.commonName, "a")], odd) == ("Subject=\"CN=a\";\(rest)", 1))
    }

    @Test("A value of more than 16 KiB is left out and counted, and what is short is told all the same")
    func tooLong() throws {
        let der = try client("a", names: (0..<1000).map { .dnsName("host-\($0).service.example.com") })
        let all = try Told(.rfc9440, .azure, .weblogic, .nginx, .haproxy, .aws, .traefik, .xfcc, of: [der])
        for name in ["Client-Cert", "Client-Cert-Chain", "X-ARR-ClientCert", "WL-Proxy-Client-Cert", "ssl-client-cert", "X-SSL-Client-Cert"] {
            #expect(all[name] == nil)
        }
        #expect(all["X-Forwarded-Client-Cert"] == "Hash=\(Thumbprint(ofCertificate: der).hex);Subject=\"CN=a\";URI=")
        #expect(all["ssl-client-subject-dn"] == "CN=a" && all.leftOut == 12)
        #expect(all.fields.allSatisfy { $0.value.utf8.count <= 16 << 10 })
    }

    @Test("Whoever has no subject has no field for it, and octets that are no certificate are counted")
    func odd() throws {
        let told = try Told(.nginx, .aws, of: [client([])])
        #expect(told["ssl-client-subject-dn"] == nil && told["X-Amzn-Mtls-Clientcert-Subject"] == nil && told.leftOut == 0)
        for dialect in CertificateDialect.allCases {
            let told = try Told(dialect, of: [[0x30, 0x03, 1, 1, 1]])
            #expect(told.fields.isEmpty && told.leftOut == 1)
        }
    }
}

/// RFC 2253 section 3, read independently of who wrote it.
private struct RFC2253 {
    var parts: [(type: String, value: String)] = []

    init?(_ text: String) {
        var octets = Array(text.utf8)[...]
        while !octets.isEmpty {
            guard let equals = octets.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let type = String(decoding: octets[..<equals], as: UTF8.self)
            octets = octets[(equals + 1)...]
            var value: [UInt8] = []
            while let octet = octets.popFirst(), octet != UInt8(ascii: ",") {
                guard octet == UInt8(ascii: "\\") else {
                    guard !"+\"<>;".utf8.contains(octet) else { return nil }
                    value.append(octet)
                    continue
                }
                let pair = String(decoding: octets.prefix(2), as: UTF8.self)
                if pair.count == 2, let byte = UInt8(pair, radix: 16) {
                    value.append(byte)
                    octets = octets.dropFirst(2)
                } else {
                    guard let special = octets.popFirst() else { return nil }
                    value.append(special)
                }
            }
            guard let text = String(validating: value, as: UTF8.self) else { return nil }
            parts.append((type, text))
        }
    }
}

@Suite("What the upstream is told of a certificate is there once, however many connections say it")
struct SharedFieldLinesTests {
    @Test("For one generation and one verdict, as long as a connection has it (CC-19)")
    func shared() throws {
        let certificate = ClientCertificate(PresentedChain(leaf: try TestCertificate.authority("A").der, others: []))
        let forwarding = CertificateForwarding([.rfc9440, .nginx], isValidated: true)
        var first: CertificateLines? = forwarding.lines(of: certificate, fault: nil)
        #expect(forwarding.lines(of: certificate, fault: nil) === first)
        let next = CertificateForwarding([.nginx], isValidated: true)
        let others = next.lines(of: certificate, fault: nil)
        #expect(others.octets != first?.octets && next.lines(of: certificate, fault: nil) === others)
        let refused = next.lines(of: certificate, fault: .certificateExpired)
        #expect(refused.octets != others.octets && next.lines(of: certificate, fault: .certificateExpired) === refused)
        // Nobody has it any more: the certificate does not hold it.
        weak let gone = first
        first = nil
        #expect(gone == nil)
    }
}
