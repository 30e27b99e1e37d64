import Foundation

/// JSON as somebody else understands it: Foundation's reading, and a check of duplicate members that is written for being simple.
enum ReferenceJSON {
    /// Nil for what is no object, or has any duplicate member.
    static func object(_ text: [UInt8]) -> [String: Any]? {
        guard let object = (try? JSONSerialization.jsonObject(with: Data(text))) as? [String: Any], !hasDuplicates(text) else { return nil }
        return object
    }

    /// Only the literal: a number is none to anybody but Foundation's bridging.
    static func isTrue(_ value: Any?) -> Bool { boolean(value) == true }

    static func boolean(_ value: Any?) -> Bool? {
        guard let number = value as? NSNumber, String(cString: number.objCType) == "c" else { return nil }
        return number.boolValue
    }

    /// Neither a boolean nor a string.
    static func number(_ value: Any?) -> Double? {
        guard let number = value as? NSNumber, String(cString: number.objCType) != "c" else { return nil }
        return number.doubleValue
    }

    /// Whether two members of one object have the same name. Of texts that Foundation accepts.
    static func hasDuplicates(_ text: [UInt8]) -> Bool {
        var open: [Set<[UInt8]>?] = []  // The names of each open object; nil for an array.
        var isName = false
        var position = 0
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "{"):
                open.append([])
                isName = true
            case UInt8(ascii: "["):
                open.append(nil)
                isName = false
            case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = open.popLast()
            case UInt8(ascii: ","): isName = open.last.map { $0 != nil } ?? false
            case UInt8(ascii: ":"): isName = false
            case UInt8(ascii: "\""):
                let start = position
                position += 1
                while position < text.count, text[position] != UInt8(ascii: "\"") { position += text[position] == UInt8(ascii: "\\") ? 2 : 1 }
                if isName, !open.isEmpty, position < text.count, !insert(Array(text[start...position]), &open) { return true }
            default: break
            }
            position += 1
        }
        return false
    }

    private static func insert(_ quoted: [UInt8], _ open: inout [Set<[UInt8]>?]) -> Bool {
        let last = open.count - 1
        guard var names = open[last] else { return true }
        open[last] = nil
        let name =
            quoted.contains(UInt8(ascii: "\\"))
            ? (try? JSONSerialization.jsonObject(with: Data(quoted), options: .fragmentsAllowed)).flatMap { $0 as? String }.map { Array($0.utf8) }
            : Array(quoted.dropFirst().dropLast())
        let isNew = names.insert(name ?? quoted).inserted
        open[last] = .some(names)
        return isNew
    }
}
