/// In whose words the logs are written, a record a line.
package enum LogFormat: String, CaseIterable, Sendable {
    /// Ours, short.
    case json
    /// The Elastic Common Schema, with dotted names.
    case ecs
    /// OpenTelemetry's log data model, with the names of its semantic conventions.
    case otel

    /// Of the schema whose names are used.
    static let ecsVersion = "8.17.0"
}
