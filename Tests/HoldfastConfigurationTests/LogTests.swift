import HoldfastConfiguration
import Telemetry
import Testing

@Suite("The section log")
struct LogTests {
    @Test("A format and fields are read, and said by the summary")
    func formatAndFields() throws {
        let yaml = minimal + "log: {format: otel, fields: {omit: [path, client], add: [subject]}}\n"
        let configuration = try read(yaml)
        #expect(configuration.log.format == .otel && configuration.log.omitted == [.path, .client] && configuration.log.added == [.subject])
        let said = "in the words of OpenTelemetry; without client, path; with subject."
        #expect(try lines(yaml).contains { $0.hasSuffix(said) })
    }

    @Test("A format that is none, and fields that cannot be left out or added, are mistakes at their places")
    func mistaken() {
        expectMistake(minimal + "log: {format: logfmt}\n", "13:15: log.format", "is not one of `json`, `ecs`, `otel`")
        expectMistake(minimal + "log: {fields: {omit: [pth]}}\n", "13:23: log.fields.omit[0]", "Did you mean `path`?")
        expectMistake(minimal + "log: {fields: {omit: [status]}}\n", "13:23: log.fields.omit[0]", "Every line has `status`: without it")
        expectMistake(minimal + "log: {fields: {omit: [subject]}}\n", "13:23: log.fields.omit[0]", "unless it stands in `add`")
        expectMistake(minimal + "log: {fields: {add: [route]}}\n", "13:22: log.fields.add[0]", "Every line has `route` already")
        expectMistake(minimal + "log: {fields: {add: [subject, subject]}}\n", "13:31: log.fields.add[1]", "stands here twice")
        expectMistake(minimal + "log: {access: false, fields: {omit: [path]}}\n", "13:22: log.fields", "Remove one of the two")
    }
}
