internal import Yams

/// YAML text → nodes with their places.
///
/// Yams throws at the first mapping that has a key twice and tells neither the later place nor the other mistakes. So the
/// key it names is set apart by a tag of ours and the text read again: the tree then has both, and the reader reports them.
struct ConfigurationDocument {
    /// Read again at most this many times; a file with more doubled keys than that gets the rest of its mistakes next time.
    private static let maximumPasses = 50
    private static let mark = "!key"

    let root: ConfigurationNode

    /// Nil when the text is not YAML or uses parts of it that a configuration has no need of; what is wrong is then logged.
    init?(_ text: String, _ log: MistakeLog) {
        guard Self.findAnchors(text, log) else { return nil }
        var text = SourceText(text)
        for pass in 0..<Self.maximumPasses {
            do throws(YamlError) {
                guard let root = try Self.read(text, log) else { return nil }
                self.root = root
                return
            } catch {
                if case .duplicatedKeysInMapping(_, let context) = error, pass + 1 < Self.maximumPasses,
                    text.insert("\(Self.mark)\(pass) ", line: context.mark.line, column: context.mark.column)
                {
                    continue
                }
                Self.report(error, in: text, log)
                return nil
            }
        }
        return nil
    }

    private static func read(_ text: SourceText, _ log: MistakeLog) throws(YamlError) -> ConfigurationNode? {
        do {
            // `basic` decides nothing about types (ours to decide), and so needs no regular expressions.
            let parser = try Parser(yaml: text.string, resolver: .basic, encoding: .utf8)
            let root = try parser.singleRoot()
            // Anchors are weak references into the parser.
            return try withExtendedLifetime(parser) { try root.map { try convert($0, in: text) } }
                ?? ConfigurationNode(content: .mapping([]), position: SourcePosition(line: 1, column: 1))
        } catch let error as YamlError {
            throw error
        } catch let error as Unsupported {
            log.add(error.message, at: error.position, "")
            return nil
        } catch {
            log.add("The file cannot be read as YAML: \(error).", at: nil, "")
            return nil
        }
    }

    private struct Unsupported: Error {
        let message: String
        let position: SourcePosition
    }

    private static func convert(_ node: Node, in text: SourceText) throws -> ConfigurationNode {
        let position = text.position(node.mark)
        guard node.anchor == nil else { throw Unsupported(message: anchorMessage, position: position) }
        switch node {
        case .scalar(let scalar):
            let quoted = scalar.style != .plain
            let nothing = !quoted && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
            return ConfigurationNode(content: nothing ? .nothing : .scalar(scalar.string, quoted: quoted), position: position)
        case .sequence(let sequence):
            return ConfigurationNode(content: .list(try sequence.map { try convert($0, in: text) }), position: position)
        case .mapping(let mapping):
            let entries = try mapping.map { pair in
                guard case .scalar(let key) = pair.key, key.anchor == nil else {
                    throw Unsupported(message: "A key must be a plain word.", position: text.position(pair.key.mark))
                }
                return ConfigurationNode.Entry(key: key.string, position: text.position(key.mark), value: try convert(pair.value, in: text))
            }
            return ConfigurationNode(content: .mapping(entries), position: position)
        case .alias:
            throw Unsupported(message: anchorMessage, position: position)
        }
    }
}

// MARK: - Anchors

extension ConfigurationDocument {
    private static let anchorMessage =
        "YAML anchors (`&name`) and aliases (`*name`) are not used in this file: write the value out. Quote the value if you mean the character."

    /// Looks for anchors before anything is built from them: a few nested aliases can stand for more nodes than any memory
    /// holds. Anything that looks like one outside a comment counts, also inside quotes.
    private static func findAnchors(_ text: String, _ log: MistakeLog) -> Bool {
        var line = 1
        var column = 0
        var previous: Unicode.Scalar = "\n"
        var comment = false
        var found = false
        var anchor: SourcePosition?
        for scalar in text.unicodeScalars {
            column += 1
            if let start = anchor, !scalar.properties.isWhitespace {
                log.add(anchorMessage, at: start, "")
                found = true
            }
            anchor = nil
            let boundary = previous.properties.isWhitespace || "[{,:-?".unicodeScalars.contains(previous)
            if scalar == "#", previous.properties.isWhitespace { comment = true }
            if scalar == "&", boundary, !comment { anchor = SourcePosition(line: line, column: column) }
            if scalar == "\n" {
                line += 1
                column = 0
                comment = false
            }
            previous = scalar
        }
        return !found
    }
}

// MARK: - What the parser says

extension ConfigurationDocument {
    private static func report(_ error: YamlError, in text: SourceText, _ log: MistakeLog) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let place = text.position(mark)
            // The parser often notices only in the next line what is wrong with one.
            for line in [place.line, place.line - 1] {
                guard let column = UnquotedAddress.column(in: text.line(line)) else { continue }
                return log.add(UnquotedAddress.message, at: SourcePosition(line: line, column: column), "")
            }
            let what = [context?.text, problem].compactMap(\.self).joined(separator: ", ")
            let suspicion = [place.line, place.line - 1].lazy.compactMap { OddCharacter.suspicion(inLine: text.line($0)) }.first
            let advice = suspicion ?? "Check the indentation, the quotes and the colons just before."
            log.add("This is not YAML: \(what). \(advice)", at: place, "")
        case .reader(let problem, let offset, _, _):
            log.add("This is not YAML: \(problem). Remove the character.", at: offset.flatMap(text.position(ofCharacter:)), "")
        case .duplicatedKeysInMapping(let keys, let context):
            let names = keys.map { "`\($0.shortened)`" }.joined(separator: ", ")
            log.add("The same key is given more than once: \(names). Keep one.", at: text.position(context.mark), "")
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            log.add("The file cannot be read as YAML: \(error).", at: nil, "")
        }
    }
}
