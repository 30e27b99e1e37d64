import Foundation
import Telemetry
import Testing

@Suite("Metrics")
struct MetricsExpositionTests {
    private func exposition(_ format: MetricsExposition.Format, _ metrics: MetricsSnapshot = MetricsSnapshot()) -> String {
        var exposition = MetricsExposition(format: format)
        exposition.add([metrics])
        return exposition.finish()
    }

    @Test("come in the classic format unless the scraper asks for OpenMetrics (OM-01)")
    func negotiation() {
        #expect(MetricsExposition.Format(accept: nil) == .classic)
        #expect(MetricsExposition.Format(accept: "text/plain") == .classic)
        #expect(MetricsExposition.Format(accept: "application/openmetrics-text;version=1.0.0,text/plain;q=0.5") == .openMetrics)
    }

    @Test("end with # EOF in OpenMetrics, and without it in the classic format (OM-01)")
    func ending() {
        #expect(exposition(.openMetrics).hasSuffix("\n# EOF\n"))
        #expect(!exposition(.classic).contains("EOF"))
    }

    @Test("name a counter's family without _total in OpenMetrics and with it in the classic format, the sample always with it")
    func counterNames() {
        #expect(exposition(.openMetrics).contains("# TYPE holdfast_handshakes counter\nholdfast_handshakes_total 0\n"))
        #expect(exposition(.classic).contains("# TYPE holdfast_handshakes_total counter\nholdfast_handshakes_total 0\n"))
    }

    @Test("count durations cumulatively, the last bucket being the count")
    func histogram() {
        var metrics = MetricsSnapshot()
        for seconds in [0.0001, 0.0006, 0.0006, 99] { metrics.requestSeconds.observe(seconds) }
        let text = exposition(.classic, metrics)
        #expect(text.contains("_bucket{le=\"0.0005\"} 1\n"))
        #expect(text.contains("_bucket{le=\"0.001\"} 3\n"))
        #expect(text.contains("_bucket{le=\"10\"} 3\n"))
        #expect(text.contains("_bucket{le=\"+Inf\"} 4\n"))
        #expect(text.contains("_count 4\n"))
    }

    @Test("name the latest request of each bucket whose trace is recorded, in OpenMetrics alone")
    func exemplars() {
        let first = LoopCounters(), second = LoopCounters()
        let (old, new) = (Array(String(repeating: "a", count: 32).utf8), Array(String(repeating: "b", count: 32).utf8))
        first.countResponse(status: 200, seconds: 0.002, traceID: new, now: 1_700_000_002.5)
        second.countResponse(status: 200, seconds: 0.0021, traceID: old, now: 1_700_000_001)
        second.countResponse(status: 200, seconds: 20)
        var texts: [String] = []
        for format in [MetricsExposition.Format.openMetrics, .classic] {
            var exposition = MetricsExposition(format: format)
            exposition.add([first.metrics, second.metrics])
            texts.append(exposition.finish())
        }
        #expect(texts[0].contains("_bucket{le=\"0.0025\"} 2 # {trace_id=\"\(String(repeating: "b", count: 32))\"} 0.002 1700000002.5\n"))
        #expect(texts[0].contains("_bucket{le=\"+Inf\"} 3\n"))
        #expect(!texts[1].contains("trace_id") && texts[1].contains("_bucket{le=\"0.0025\"} 2\n"))
    }

    @Test("escape what would break a label")
    func labels() {
        var metrics = MetricsSnapshot()
        metrics.refusals["a\"b\\c\nd"] = 1
        #expect(exposition(.classic, metrics).contains("holdfast_refusals_total{reason=\"a\\\"b\\\\c\\nd\"} 1\n"))
    }

    @Test("add up over loops")
    func merging() {
        let first = LoopCounters(), second = LoopCounters()
        first.countRefusal("x")
        second.countRefusal("x")
        first.countResponse(status: 401, seconds: 1)
        second.countResponse(status: 200, seconds: 2)
        second.countResponse(status: 1000, seconds: 0)
        var exposition = MetricsExposition(format: .openMetrics)
        exposition.add([first.metrics, second.metrics])
        let text = exposition.finish()
        #expect(text.contains("\nholdfast_refusals_total{reason=\"x\"} 2\n"))
        #expect(text.contains("\nholdfast_responses_total{code=\"200\"} 1\nholdfast_responses_total{code=\"401\"} 1\n#"))
        #expect(text.contains("\nholdfast_request_duration_seconds_count 3\nholdfast_request_duration_seconds_sum 3\n"))
        #expect(text.components(separatedBy: "# TYPE holdfast_refusals ").count == 2, "each family is told once")
    }
}
