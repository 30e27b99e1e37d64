import ArgumentParser
import HoldfastConfiguration

struct PrintSchema: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of the configuration, for editors.",
        discussion: """
            JSON Schema 2020-12, made by the reader of the configuration itself: what the schema refuses, `check` refuses. What keys ask of \
            each other, and of files, only `check` knows. A first line such as

              # yaml-language-server: $schema=holdfast.schema.json

            tells editors where it is.
            """)

    func run() { print(ConfigurationSchema.text, terminator: "") }
}
