/// Which paths a route covers: `/as/token` that path, `/payments/*` also everything below `/payments`, and `/*` all.
package struct RoutePattern: Hashable, Sendable, CustomStringConvertible {
    package enum Mistake: Error, Equatable {
        /// It does not start with `/`.
        case relative
        /// `*` stands elsewhere than as the whole last segment.
        case wildcardInside
        /// No request could match it, since its like is refused: `//`, dot segments, `;`, `?`, encoded slashes and so on.
        case ambiguous
    }

    /// The form (`PathForm`) of the path, or of the part before `/*`.
    let literal: [UInt8]
    let coversBelow: Bool

    /// The pattern in its normal form.
    package var description: String { String(decoding: literal, as: UTF8.self) + (coversBelow ? "/*" : "") }

    package init(_ text: String) throws(Mistake) {
        guard text.utf8.first == UInt8(ascii: "/") else { throw .relative }
        let coversBelow = text.hasSuffix("/*")
        var path = [UInt8](text.utf8.dropLast(coversBelow ? 2 : 0))
        guard !path.contains(UInt8(ascii: "*")) else { throw .wildcardInside }
        if !path.isEmpty {
            let form = path.withUnsafeBytes { source in
                [UInt8](unsafeUninitializedCapacity: source.count) { form, count in
                    count = PathForm.write(source, into: UnsafeMutableRawBufferPointer(form)) ?? 0
                }
            }
            guard !form.isEmpty, !(coversBelow && form.last == UInt8(ascii: "/")) else { throw .ambiguous }
            path = form
        }
        self.literal = path
        self.coversBelow = coversBelow
    }

    /// Whether a path of it can be matched folded.
    package var canBeFolded: Bool { PathFold.fold(self) != nil }

    /// The same with another spelling of its path, which is a form too.
    init(literal: [UInt8], coversBelow: Bool) {
        self.literal = literal
        self.coversBelow = coversBelow
    }
}
