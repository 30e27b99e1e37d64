/// A count or a measure with its definition beside it, so that each is named once: where it is declared, in `MetricCatalogue.swift`.
///
/// What counts sees the plain value. From another room that costs a call of three instructions: property wrappers are not inlined.
@propertyWrapper
package struct Metric<Value: MetricValue>: DefinedMetric {
    package var wrappedValue: Value
    package let definition: MetricDefinition

    /// - Parameters:
    ///   - name: of the family, for counters without the `_total` that both formats want on the samples.
    ///   - labels: names of the labels that tell its samples apart; label values are closed sets of ours, or names that the configuration gives.
    package init(wrappedValue: Value, _ kind: MetricDefinition.Kind, _ name: String, _ help: String, by labels: String...) {
        self.wrappedValue = wrappedValue
        definition = MetricDefinition(kind: kind, name: name, help: help, labels: labels)
    }

    package var samples: [MetricSample] { wrappedValue.samples }

    package func merged(with others: [any DefinedMetric]) -> any DefinedMetric {
        var sum = self
        for case let other as Self in others { sum.wrappedValue.merge(other.wrappedValue) }
        return sum
    }
}

package struct MetricDefinition: Sendable {
    package enum Kind: String, Sendable {
        case counter, gauge, histogram

        /// What the names of its samples end in.
        var suffix: String { self == .counter ? "_total" : "" }
    }

    package let kind: Kind
    package let name: String
    package let help: String
    package let labels: [String]
}

/// A metric of whatever value.
package protocol DefinedMetric: Sendable {
    var definition: MetricDefinition { get }
    var samples: [MetricSample] { get }
    /// The sum over loops; `others` are the same metric of other loops.
    func merged(with others: [any DefinedMetric]) -> any DefinedMetric
}

/// Values whose stored properties are all `@Metric`.
package protocol MetricSet: Sendable {}

extension MetricSet {
    /// In the order of their declaration. By reflection, as ArgumentParser finds its options: no second list to keep.
    package var metrics: [any DefinedMetric] { Mirror(reflecting: self).children.compactMap { $0.value as? any DefinedMetric } }
}
