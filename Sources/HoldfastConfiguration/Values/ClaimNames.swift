import BindingPolicy

/// The claims of tokens that the file has a use for, each once, in the order in which they were first named.
final class ClaimNames {
    private(set) var all: [ClaimName] = []

    func note(_ text: String) -> ClaimName {
        let name = ClaimName(text)
        if !all.contains(name) { all.append(name) }
        return name
    }
}
