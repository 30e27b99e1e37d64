/// Some paths, the methods for which they are meant, and what is asked there.
package struct Route: Equatable, Sendable {
    package let pattern: RoutePattern
    /// Empty for any method. `HEAD` is judged as `GET` and not listed.
    package let methods: [String]
    package let policy: RoutePolicy
    private let methodOctets: [[UInt8]]

    package init(pattern: RoutePattern, methods: [String] = [], policy: RoutePolicy) {
        self.pattern = pattern
        self.methods = methods
        self.policy = policy
        self.methodOctets = methods.map { [UInt8]($0.utf8) }
    }

    /// Longer literals before shorter, exact before prefix, routes for named methods before routes for all.
    func isMoreSpecific(than other: Route) -> Bool {
        if pattern.literal.count != other.pattern.literal.count { return pattern.literal.count > other.pattern.literal.count }
        if pattern.coversBelow != other.pattern.coversBelow { return other.pattern.coversBelow }
        return !methods.isEmpty && other.methods.isEmpty
    }

    func covers(method: UnsafeRawBufferPointer) -> Bool {
        if methodOctets.isEmpty || methodOctets.contains(where: { method.elementsEqual($0) }) { return true }
        let head: StaticString = "HEAD"
        let get: StaticString = "GET"
        return head.isSpelled(by: method) && methodOctets.contains(where: { get.withUTF8Buffer($0.elementsEqual) })
    }

    /// Whether there are requests for which neither of the two is the more specific.
    func isRival(of other: Route) -> Bool {
        pattern == other.pattern && (methods.isEmpty ? other.methods.isEmpty : methods.contains(where: other.methods.contains))
    }
}

extension StaticString {
    fileprivate func isSpelled(by text: UnsafeRawBufferPointer) -> Bool { withUTF8Buffer { $0.elementsEqual(text) } }
}
