/// A document that Holdfast serves itself, to whoever asks and without a token: the resource's metadata (RFC 9728 section 3).
package struct OwnPage: Equatable, Sendable {
    /// Where it is asked for: the path, and the query behind its `?` where there is one.
    package let path: [UInt8]
    package let query: [UInt8]?
    package let contentType: String
    /// Seconds for which it may be kept.
    package let maximumAge: Int
    package let body: [UInt8]

    package init(path: String, query: String?, contentType: String, maximumAge: Int, body: String) {
        self.path = Array(path.utf8)
        self.query = query.map { Array($0.utf8) }
        self.contentType = contentType
        self.maximumAge = maximumAge
        self.body = Array(body.utf8)
    }
}
