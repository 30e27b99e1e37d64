import AccessControl
import DecisionWire
import HTTPWire

/// A request by which a front of HTTP asks about another: that one's method, target and host stand in fields, its client's certificate in
/// one more, and all other fields are the client's own.
///
/// Each of these comes once. A front that lets its clients add to them, or forgets one, gets no decision.
enum ForwardAuthRequest {
    private enum Told: Int, CaseIterable {
        case method, target, host, certificate, address

        init?(_ name: UnsafeRawBufferPointer) {
            guard let found = Self.allCases.first(where: { $0.matches(name) }) else { return nil }
            self = found
        }

        private static let names = ["x-forwarded-method", "x-forwarded-uri", "x-forwarded-host", "x-forwarded-tls-client-cert", "x-forwarded-for"]
            .map { Array($0.utf8) }

        private func matches(_ name: UnsafeRawBufferPointer) -> Bool { isName(name, Self.names[rawValue]) }
    }

    /// - Parameter mine: in lower case.
    private static func isName(_ name: UnsafeRawBufferPointer, _ mine: [UInt8]) -> Bool {
        name.count == mine.count
            && zip(name, mine).allSatisfy { ((UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0) == $1 }
    }

    /// What fronts of HTTP say of a request beside that, each in a field that they set anew.
    private static let ownFields = ["x-forwarded-proto", "x-forwarded-port", "x-forwarded-server", "x-real-ip"].map { Array($0.utf8) }

    /// - Parameter octets: those that `head` was parsed from.
    static func read(_ head: borrowing RequestHead, _ octets: UnsafeRawBufferPointer) throws(CheckFault) -> CheckQuestion {
        var told: [Told: UnsafeRawBufferPointer] = [:]
        for index in 0..<head.fieldCount {
            guard let field = head.field(index), let part = Told(octets.slice(field.name)) else { continue }
            guard told.updateValue(octets.slice(field.value), forKey: part) == nil || part == .address else { throw .incomplete }
        }
        guard let method = told[.method], let target = told[.target], let host = told[.host] else { throw .incomplete }
        var checked = CheckedHead(method: method, target: target, host: host)
        for index in 0..<head.fieldCount {
            guard let field = head.field(index), Told(octets.slice(field.name)) == nil else { continue }
            // The length is that of this request's body, which is none.
            if field.role == .contentLength { continue }
            if Self.ownFields.contains(where: { isName(octets.slice(field.name), $0) }) { continue }
            checked.add(field: octets.slice(field.name), octets.slice(field.value))
        }
        checked.end()
        guard !checked.isMalformed else { throw .malformed }
        return CheckQuestion(
            head: checked.octets, host: Array(host), certificate: told[.certificate].map { Array($0) } ?? [],
            address: latest(told[.address]), upgrade: checked.upgrade)
    }

    /// What the front itself has seen stands last.
    private static func latest(_ addresses: UnsafeRawBufferPointer?) -> [UInt8] {
        guard let addresses else { return [] }
        let last = addresses.split(separator: UInt8(ascii: ",")).last ?? addresses[...]
        return last.filter { $0 != UInt8(ascii: " ") }
    }
}
