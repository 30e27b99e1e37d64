/// By what routes name the API that requests go to.
package struct UpstreamName: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    /// Where requests go whose route names none.
    package static let `default` = UpstreamName("default")
}
