/// What a server answered.
package struct Answer: Sendable, Equatable {
    /// 0: a body without a head.
    package var status: Int
    /// In the order of arrival.
    package var fields: [Field]
    /// As ISO-8859-1: only marks of ours are looked for in it.
    package var body: String

    package struct Field: Sendable, Equatable {
        package let name: String
        package let value: String

        package init(name: String, value: String) { (self.name, self.value) = (name, value) }
    }

    package init(status: Int, fields: [Field] = [], body: String = "") { (self.status, self.fields, self.body) = (status, fields, body) }
}

/// Octets of a connection → the answers in it. Lenient: it is to see what a server does, not to judge how it says it.
package struct AnswerReader {
    private var octets: [UInt8] = []

    /// Octets of answers that are looked at; what follows is left.
    package static let limit = 1 << 20

    package init() {}

    package mutating func take(_ more: some Sequence<UInt8>) { octets += more.prefix(max(0, Self.limit - octets.count)) }

    package var isEmpty: Bool { octets.isEmpty }
    package var isFull: Bool { octets.count >= Self.limit }

    /// The final answers so far, and whether the last of them is known to be whole.
    ///
    /// - Parameter hasEnded: the connection is closed: an answer without a length ends there.
    package func answers(hasEnded: Bool) -> (answers: [Answer], isWhole: Bool) {
        // Of HTTP/0.9, which has no head.
        if hasEnded, !octets.isEmpty, !octets.starts(with: "HTTP/".utf8) { return ([Answer(status: 0, body: Self.text(octets[...]))], true) }
        var answers: [Answer] = []
        var position = 0
        while position < octets.count {
            guard let (answer, next, isWhole) = answer(at: position) else { return (answers, false) }
            if !(100..<200).contains(answer.status) { answers.append(answer) }
            guard isWhole else { return (answers, hasEnded) }
            position = next
        }
        return (answers, !answers.isEmpty)
    }

    private func answer(at start: Int) -> (Answer, next: Int, isWhole: Bool)? {
        guard let end = end(ofHeadAt: start) else { return nil }
        let lines = Self.text(octets[start..<end]).split(separator: "\r\n").map(String.init)
        guard let words = lines.first?.split(separator: " ", maxSplits: 2), words.count > 1, words[0].hasPrefix("HTTP/"), let status = Int(words[1])
        else { return nil }
        let fields = lines.dropFirst().compactMap { line -> Answer.Field? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return Answer.Field(name: line[..<colon].lowercased(), value: Self.trimmed(line[line.index(after: colon)...]))
        }
        var answer = Answer(status: status, fields: fields)
        let body = end + 4
        if (100..<200).contains(status) || status == 204 || status == 304 { return (answer, body, true) }
        if fields.contains(where: { $0.name == "transfer-encoding" }) {
            let (text, next) = chunks(at: body)
            answer.body = text
            return (answer, next ?? octets.count, next != nil)
        }
        guard let length = fields.first(where: { $0.name == "content-length" }).flatMap({ Int($0.value) }), length >= 0 else {
            answer.body = Self.text(octets[body...])
            return (answer, octets.count, false)
        }
        let (last, overflow) = body.addingReportingOverflow(length)
        let next = overflow ? octets.count : min(last, octets.count)
        answer.body = Self.text(octets[body..<next])
        return (answer, next, !overflow && last <= octets.count)
    }

    /// The place of the empty line.
    private func end(ofHeadAt start: Int) -> Int? {
        var index = start
        while index + 3 < octets.count {
            if octets[index] == 13, octets[index + 1] == 10, octets[index + 2] == 13, octets[index + 3] == 10 { return index }
            index += 1
        }
        return nil
    }

    private func chunks(at start: Int) -> (String, next: Int?) {
        var text = ""
        var position = start
        while let line = octets[position...].firstIndex(of: 10) {
            let digits = Self.text(octets[position..<line]).prefix { $0.isHexDigit }
            guard let size = Int(digits, radix: 16), size <= Self.limit else { return (text, nil) }
            if size == 0 { return (text, min(line + 3, octets.count)) }
            guard line + 1 + size + 2 <= octets.count else { return (text + Self.text(octets[(line + 1)...]), nil) }
            text += Self.text(octets[(line + 1)..<(line + 1 + size)])
            position = line + 1 + size + 2
        }
        return (text, nil)
    }

    private static func text(_ octets: ArraySlice<UInt8>) -> String {
        var text = String.UnicodeScalarView()
        for octet in octets { text.append(Unicode.Scalar(octet)) }
        return String(text)
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return String(text)
    }
}
