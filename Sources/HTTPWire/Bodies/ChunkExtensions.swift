/// The extensions behind a chunk's size, octet by octet (RFC 9112 section 7.1.1): `*( BWS ";" BWS name [ BWS "=" BWS value ] )`, where a
/// name is a token and a value a token or a quoted-string. Nothing of them is kept.
///
/// By the grammar and not as lines that end somewhere: another reader may take `5;bad[=x` or a quoted line end for something else.
struct ChunkExtensions: Sendable {
    private enum State {
        /// Behind the size, and behind a quoted value.
        case afterSize, afterValue
        /// A blank was read behind the one or the other, or a name: more must follow.
        case blankAfterSize, blankAfterName, blankAfterValue
        case beforeName, name, beforeValue, value, quoted, quotedPair
    }

    private var state = State.afterSize
    /// Whether blanks behind the size may end the line: some old servers pad their sizes.
    private let allowsPadding: Bool

    init(allowsPadding: Bool) { self.allowsPadding = allowsPadding }

    /// Whether the line may end where it has got to.
    var mayEnd: Bool {
        switch state {
        case .afterSize, .afterValue, .name, .value: true
        case .blankAfterSize: allowsPadding
        case .blankAfterName, .blankAfterValue, .beforeName, .beforeValue, .quoted, .quotedPair: false
        }
    }

    /// - Parameter octet: any but CR; the reader looks for the end of the line.
    /// - Returns: whether the grammar allows it here.
    mutating func take(_ octet: UInt8) -> Bool {
        switch state {
        case .quoted: return takeQuoted(octet)
        case .quotedPair:
            guard Octet.isText(octet) else { return false }
            return move(to: .quoted)
        case .name:
            if Octet.isToken(octet) { return true }
            return takeBehindName(octet)
        case .value:
            if Octet.isToken(octet) { return true }
            return takeBehindValue(octet, blank: .blankAfterValue)
        case .beforeName:
            if Octet.isBlank(octet) { return true }
            return Octet.isToken(octet) && move(to: .name)
        case .beforeValue:
            if Octet.isBlank(octet) { return true }
            if octet == Octet.quote { return move(to: .quoted) }
            return Octet.isToken(octet) && move(to: .value)
        case .afterSize, .blankAfterSize: return takeBehindValue(octet, blank: .blankAfterSize)
        case .blankAfterName: return takeBehindName(octet)
        case .afterValue, .blankAfterValue: return takeBehindValue(octet, blank: .blankAfterValue)
        }
    }

    /// `qdtext`, the end, or what escapes (RFC 9110 section 5.6.4).
    private mutating func takeQuoted(_ octet: UInt8) -> Bool {
        switch octet {
        case Octet.quote: move(to: .afterValue)
        case Octet.backslash: move(to: .quotedPair)
        default: Octet.isText(octet)
        }
    }

    private mutating func takeBehindName(_ octet: UInt8) -> Bool {
        if octet == Octet.equals { return move(to: .beforeValue) }
        return takeBehindValue(octet, blank: .blankAfterName)
    }

    private mutating func takeBehindValue(_ octet: UInt8, blank: State) -> Bool {
        if octet == Octet.semicolon { return move(to: .beforeName) }
        return Octet.isBlank(octet) && move(to: blank)
    }

    private mutating func move(to next: State) -> Bool {
        state = next
        return true
    }
}
