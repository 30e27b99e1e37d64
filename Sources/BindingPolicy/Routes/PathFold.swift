internal import Foundation

/// What a path's form is to an API that folds: letters in lower case, dots and spaces around segments gone (Windows, and frameworks that
/// trim), compatibility forms replaced by what they stand for (NFKC, Unicode Standard Annex 15), escapes within escapes taken off.
///
/// Folded paths are only compared. Nothing here is bounded by more than the length of the path: no step is quadratic, and a path that
/// does not settle has no folded form.
enum PathFold {
    /// Octets of a form that is not ASCII alone. No folded form beyond.
    private static let limit = 8192
    /// Marks one after the other that a reader need put in order (Unicode Standard Annex 15, stream-safe text): ordering more takes time
    /// that grows with their square.
    private static let markLimit = 30
    /// Layers of encoding, or of characters that stand for others.
    private static let rounds = 4

    /// Whether folding would leave it as it is. What every ordinary path costs.
    static func isFolded(_ form: UnsafeRawBufferPointer) -> Bool {
        var previous = UInt8(ascii: "/")
        for octet in form {
            if octet >= 0x80 || octet &- UInt8(ascii: "A") < 26 { return false }
            if octet == UInt8(ascii: "/"), isTrimmed(previous) { return false }
            if octet == UInt8(ascii: " "), previous == UInt8(ascii: "/") { return false }
            previous = octet
        }
        return !isTrimmed(previous)
    }

    /// - Parameter body: gets nil where the path cannot be folded for certain: a segment of dots and spaces alone, or a character that
    ///   stands for one that no path may have in disguise.
    static func withFolded<Result>(_ form: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer?) -> Result) -> Result {
        guard form.allSatisfy({ $0 < 0x80 }) else {
            guard let folded = foldText(form) else { return body(nil) }
            return folded.withUnsafeBytes { body($0) }
        }
        return withUnsafeTemporaryAllocation(byteCount: form.count, alignment: 1) { folded in
            body(foldASCII(form, into: folded).map { UnsafeRawBufferPointer(rebasing: folded[..<$0]) })
        }
    }

    /// Nil where no path could be folded to it for certain.
    static func fold(_ pattern: RoutePattern) -> RoutePattern? {
        if pattern.literal.isEmpty { return pattern }
        let literal = pattern.literal.withUnsafeBytes { withFolded($0) { $0.map { [UInt8]($0) } } }
        return literal.map { RoutePattern(literal: $0, coversBelow: pattern.coversBelow) }
    }

    // MARK: ASCII

    private static func isTrimmed(_ octet: UInt8) -> Bool { octet == UInt8(ascii: ".") || octet == UInt8(ascii: " ") }

    /// - Returns: the length of the folded form; nil where a segment vanishes.
    private static func foldASCII(_ form: UnsafeRawBufferPointer, into folded: UnsafeMutableRawBufferPointer) -> Int? {
        var written = 0
        var segment = 0  // where the current one starts in the folded form
        var hasContent = false  // of the current segment, as it came
        for position in 0...form.count {
            let octet = position < form.count ? form[position] : UInt8(ascii: "/")
            if octet == UInt8(ascii: "/") {
                while written > segment, isTrimmed(folded[written - 1]) { written -= 1 }
                guard written > segment || !hasContent else { return nil }
                guard position < form.count else { break }
                folded[written] = octet
                written += 1
                segment = written
                hasContent = false
                continue
            }
            hasContent = true
            if octet == UInt8(ascii: " "), written == segment { continue }
            folded[written] = octet &- UInt8(ascii: "A") < 26 ? octet | 0x20 : octet
            written += 1
        }
        return written
    }

    // MARK: Everything else

    private static func foldText(_ form: UnsafeRawBufferPointer) -> [UInt8]? {
        guard form.count <= limit else { return nil }
        var octets = [UInt8](form)
        for _ in 0..<rounds {
            guard let folded = foldOnce(octets) else { return nil }
            if folded == octets { return folded }
            octets = folded
        }
        return nil
    }

    /// One layer: characters, their case, what surrounds segments, and the encoding that may have come out of it.
    private static func foldOnce(_ octets: [UInt8]) -> [UInt8]? {
        // Octets that are no UTF-8 are read as ISO 8859-1, as the APIs do that send such paths.
        let text = String(validating: octets, as: UTF8.self) ?? String(String.UnicodeScalarView(octets.map { Unicode.Scalar($0) }))
        guard hasFewMarks(text) else { return nil }
        let plain = visible(text.precomposedStringWithCompatibilityMapping.uppercased().lowercased().precomposedStringWithCompatibilityMapping)
        guard let trimmed = trimmed(plain) else { return nil }
        let decoded = percentDecoded(trimmed)
        // As many segments as before, and none that a path could not have.
        let isPath = decoded.withUnsafeBytes { source in
            withUnsafeTemporaryAllocation(byteCount: source.count, alignment: 1) { PathForm.isForm(source, scratch: $0) }
        }
        return isPath && decoded.count(where: { $0 == UInt8(ascii: "/") }) == octets.count(where: { $0 == UInt8(ascii: "/") }) ? decoded : nil
    }

    private static func hasFewMarks(_ text: String) -> Bool {
        var marks = 0
        for scalar in text.unicodeScalars {
            marks = scalar.properties.canonicalCombiningClass == .notReordered ? 0 : marks + 1
            if marks > markLimit { return false }
        }
        return true
    }

    /// Without what is not seen and what comparisons ignore, such as a zero-width space.
    private static func visible(_ text: String) -> String {
        String(text.unicodeScalars.filter { !$0.properties.isDefaultIgnorableCodePoint })
    }

    private static func trimmed(_ text: String) -> [UInt8]? {
        var octets: [UInt8] = []
        let segments = text.unicodeScalars.split(separator: "/", omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            var rest = segment.drop { $0.properties.isWhitespace }
            while let last = rest.last, last == "." || last.properties.isWhitespace { rest.removeLast() }
            guard !rest.isEmpty || index == 0 || index == segments.count - 1 && segment.isEmpty else { return nil }
            if index > 0 { octets.append(UInt8(ascii: "/")) }
            octets += Array(String(String.UnicodeScalarView(rest)).utf8)
        }
        return octets
    }

    /// What full-width percent signs and the like spell.
    private static func percentDecoded(_ octets: [UInt8]) -> [UInt8] {
        octets.withUnsafeBytes { source in
            var decoded: [UInt8] = []
            var position = 0
            while position < source.count {
                let (octet, width) = PercentEncoding.octet(of: source, at: position) ?? (source[position], 1)
                decoded.append(octet)
                position += width
            }
            return decoded
        }
    }
}
