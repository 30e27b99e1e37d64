internal import Foundation

/// The JSON Schema (2020-12) of the configuration file, for editors.
///
/// It is what the reader itself does: samples that have every key are read as any file is, and what the reader asks of each value on the way is
/// noted (``Form``). What no schema can say (that two keys exclude each other, that a file is there) is left to `check`: what the schema
/// refuses, the reader refuses.
package enum ConfigurationSchema {
    /// Places that the samples do not show: none, or a key was added to the reader and not to ``SchemaSamples``.
    static var holes: [String] { recorded.holes(at: "") }

    /// Pretty-printed JSON, with a line end.
    package static var text: String {
        var schema = object(recorded)
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        schema["title"] = "Holdfast's configuration"
        let options: JSONSerialization.WritingOptions = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? JSONSerialization.data(withJSONObject: schema, options: options) else { return "{}\n" }
        return String(decoding: data, as: UTF8.self) + "\n"
    }

    private static var recorded: Form {
        let form = Form()
        for sample in SchemaSamples.all { HoldfastConfiguration.record(yaml: sample, in: form) }
        return form
    }

    private static func schema(_ form: Form) -> [String: Any] {
        var forms = values(form.kinds)
        if form.own != nil || !form.known.isEmpty || !form.members.isEmpty { forms.append(object(form)) }
        if let item = form.item {
            let one = schema(item)
            if form.isSingle { forms.append(one) }
            forms.append(["type": "array", "items": one].merging(form.mayBeEmpty ? [:] : ["minItems": 1]) { $1 })
        }
        if forms.count == 1, let only = forms.first { return only }
        return forms.isEmpty ? [:] : ["anyOf": forms]
    }

    private static func object(_ form: Form) -> [String: Any] {
        if let own = form.own { return ["type": "object", "minProperties": 1, "additionalProperties": schema(own)] }
        let keys = form.known.isEmpty ? form.members.keys.sorted() : form.known
        var object: [String: Any] = ["type": "object", "additionalProperties": false]
        object["properties"] = Dictionary(uniqueKeysWithValues: keys.map { ($0, schema(form.member($0))) })
        if !form.required.isEmpty { object["required"] = form.required }
        return object
    }

    /// One for each kind; bounds of several readings of one key are taken together.
    private static func values(_ kinds: Set<Form.Kind>) -> [[String: Any]] {
        // YAML makes other things of some texts, and the reader takes all of them.
        if kinds.contains(.text) { return [["type": ["string", "number", "boolean"]]] }
        var schemas: [[String: Any]] = []
        let words = kinds.compactMap { if case .word(let word) = $0 { word } else { nil } }.sorted()
        if !words.isEmpty { schemas.append(["enum": words + words.compactMap { Double($0) as Any? }]) }
        if kinds.contains(.boolean) { schemas.append(["type": "boolean"]) }
        let integers = kinds.compactMap { if case .integer(let range) = $0 { range } else { nil } }
        if let least = integers.map(\.lowerBound).min(), let most = integers.map(\.upperBound).max() {
            schemas.append(["type": "integer", "minimum": least, "maximum": most])
        }
        for kind in kinds {
            switch kind {
            case .duration(let range):
                let words = "\(Quantity.spell(range.lowerBound)) to \(Quantity.spell(range.upperBound))"
                schemas.append(["type": "string", "pattern": Quantity.durationPattern, "description": words])
            case .size(let range):
                let words = "\(Quantity.spell(range.lowerBound)) to \(Quantity.spell(range.upperBound))"
                schemas.append(["type": "string", "pattern": Quantity.sizePattern, "description": words])
            default: break
            }
        }
        return schemas
    }
}
