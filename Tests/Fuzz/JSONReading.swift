import Foundation
import TokenValidation

/// A text's content, as our reader and as Foundation's understands it.
indirect enum JSONTree: Equatable {
    case object([[UInt8]: JSONTree])
    case array([JSONTree])
    case string([UInt8])
    /// Only what both sides can say: the value as a date, and nil where it is none.
    case number(Double?)
    /// `true`, `false` or `null`.
    case literal
}

extension JSONTree {
    /// Pulls every value; nil where the text is refused.
    static func read(_ text: [UInt8]) -> Result<JSONTree, JSONFault> {
        text.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            do throws(JSONFault) {
                let tree = try read(&reader)
                try reader.finish()
                return .success(tree)
            } catch {
                return .failure(error)
            }
        }
    }

    private static func read(_ reader: inout JSONReader) throws(JSONFault) -> JSONTree {
        switch try reader.peek() {
        case .object:
            var members: [[UInt8]: JSONTree] = [:]
            var count = 0
            try reader.beginObject()
            while let name = try reader.nextMember() {
                members[name.octets] = try read(&reader)
                count += 1
            }
            // Duplicates are the reader's to refuse: one that got through shows as a smaller tree than Foundation's would.
            return members.count == count ? .object(members) : .literal
        case .array:
            var elements: [JSONTree] = []
            try reader.beginArray()
            while try reader.nextElement() { elements.append(try read(&reader)) }
            return .array(elements)
        case .string: return .string(try reader.string().octets)
        case .number: return .number(try reader.number().date)
        case .literal:
            try reader.skip()
            return .literal
        }
    }

    /// Nil where Foundation refuses the text.
    static func readByFoundation(_ text: [UInt8]) -> JSONTree? {
        (try? JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)).map(tree)
    }

    static func tree(_ value: Any) -> JSONTree {
        switch value {
        case let members as [String: Any]:
            return .object(Dictionary(members.map { (Array($0.key.utf8), tree($0.value)) }) { $1 })
        case let elements as [Any]: return .array(elements.map(tree))
        case let text as String: return .string(Array(text.utf8))
        case is NSNull: return .literal
        case let number as NSNumber where String(cString: number.objCType) == "c": return .literal
        case let number as NSNumber: return .number(number.doubleValue)
        default: return .literal
        }
    }

    /// Whether two trees say the same, as far as both say it: numbers that are no dates are not compared.
    func agrees(with other: JSONTree) -> Bool {
        switch (self, other) {
        case (.object(let a), .object(let b)):
            return a.count == b.count && a.allSatisfy { name, value in b[name].map { value.agrees(with: $0) } ?? false }
        case (.array(let a), .array(let b)): return a.count == b.count && zip(a, b).allSatisfy { $0.agrees(with: $1) }
        case (.string(let a), .string(let b)): return a == b
        case (.number(let a?), .number(let b?)): return abs(a - b) <= abs(a) / 1e12  // Foundation rounds by way of Decimal.
        case (.number, .number): return true
        case (.literal, .literal): return true
        default: return false
        }
    }
}
