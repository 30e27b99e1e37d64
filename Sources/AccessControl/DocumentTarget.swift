import HTTPWire

/// Where the one document is asked for that is ours to give: octet by octet what a request's target must have.
package struct DocumentTarget: Equatable, Sendable {
    private let path: [UInt8]
    private let query: [UInt8]?

    /// - Parameter query: what stands behind the `?`; nil without one.
    package init(path: [UInt8], query: [UInt8]?) {
        self.path = path
        self.query = query
    }

    func isMeant(by head: borrowing RequestHead, _ octets: UnsafeRawBufferPointer) -> Bool {
        guard head.path.count == path.count, octets.slice(head.path).elementsEqual(path) else { return false }
        switch (head.query, query) {
        case (nil, nil): return true
        case (let asked?, let query?): return octets.slice(asked).elementsEqual(query)
        default: return false
        }
    }
}
