package import HTTPWire
package import Telemetry

extension HoldfastConfiguration {
    /// Where spans and metrics are sent, by OTLP over HTTP.
    package struct OTLP: Equatable, Sendable {
        /// As written, without what stands behind it for each kind of export.
        package let endpoint: String
        package let traces: HTTPURL
        package let metrics: HTTPURL?
        /// CAs in the place of the system's, for `https`.
        package let certificateAuthorities: LocatedPath?
        /// Fields that each export has.
        package let headersFile: LocatedPath?
        package let sampling: TraceSampling
        /// Between two exports of metrics; spans go each second.
        package let interval: Duration

        package var files: [LocatedPath] { [certificateAuthorities, headersFile].compactMap(\.self) }
    }
}
