import Foundation
import X509

/// `AUTHORITY.revoked`: what an authority has revoked, a line each: serial number, time, reason and name.
struct RevocationRegister {
    struct Entry {
        let serial: Certificate.SerialNumber
        let date: Date
        let reason: RevocationReason
        let name: String
    }

    private(set) var entries: [Entry] = []
    private let directory: LabDirectory
    private let file: String

    /// - Parameter authority: the name of its files. One that has revoked nothing has none.
    init(of authority: String, in directory: LabDirectory) throws {
        self.directory = directory
        file = "\(authority).revoked"
        guard directory.has(file) else { return }
        entries = try directory.text(file).split(separator: "\n").map { line in
            guard let entry = Self.entry(line) else { throw LabError("\(directory.path(file)) has a line that is no entry: \(line)") }
            return entry
        }
    }

    subscript(serial: Certificate.SerialNumber) -> Entry? { entries.first { $0.serial == serial } }

    mutating func revoke(_ certificate: Certificate, named name: String, reason: RevocationReason) throws {
        guard self[certificate.serialNumber] == nil else { throw LabError("\(name) is revoked already") }
        entries.append(Entry(serial: certificate.serialNumber, date: .now, reason: reason, name: name))
        try directory.write(entries.map { Self.line($0) + "\n" }.joined(), to: file)
    }

    private static func line(_ entry: Entry) -> String {
        let serial = entry.serial.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return "\(serial) \(entry.date.formatted(.iso8601)) \(entry.reason.rawValue) \(entry.name)"
    }

    private static func entry(_ line: Substring) -> Entry? {
        let parts = line.split(separator: " ", maxSplits: 3)
        guard parts.count == 4, let serial = octets(parts[0]), let date = try? Date(String(parts[1]), strategy: .iso8601),
            let reason = RevocationReason(rawValue: String(parts[2]))
        else { return nil }
        return Entry(serial: Certificate.SerialNumber(bytes: serial), date: date, reason: reason, name: String(parts[3]))
    }

    private static func octets(_ hexadecimal: Substring) -> [UInt8]? {
        let digits = hexadecimal.compactMap(\.hexDigitValue)
        guard digits.count == hexadecimal.count, !digits.isEmpty, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
