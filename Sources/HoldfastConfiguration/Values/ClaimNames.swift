/// The claims of tokens that the file has a use for, each once, in the order in which they were first named.
final class ClaimNames {
    private(set) var all: [String] = []

    func position(of name: String) -> Int {
        // Octet by octet, as they are found in tokens.
        if let known = all.firstIndex(where: { $0.utf8.elementsEqual(name.utf8) }) { return known }
        all.append(name)
        return all.count - 1
    }
}
