import BindingPolicy
import HoldfastConfiguration
import Testing

@Suite("report_only")
struct ReportOnlyTests {
    private func root(_ value: String) -> String { minimal + "report_only: \(value)\n" }
    private func mode(_ value: String) throws -> ReportOnly? { try read(root(value)).routeTable.fallback.reportOnly }

    @Test("It is on, off, or on until a day or a second in UTC")
    func values() throws {
        #expect(try read(minimal).routeTable.fallback.reportOnly == nil)
        #expect(try mode("false") == nil)
        #expect(try mode("true") == ReportOnly(until: nil))
        #expect(try mode("2027-01-31") == ReportOnly(until: 1_801_353_600))
        #expect(try mode("2027-01-31T12:34:56Z") == ReportOnly(until: 1_801_353_600 + 45296))
        #expect(try mode("\"2027-01-31\"") == ReportOnly(until: 1_801_353_600))
        #expect(try mode("2024-02-29") == ReportOnly(until: 1_709_164_800))
        #expect(try mode("2000-02-29T23:59:59Z") == ReportOnly(until: 951_868_799))
        #expect(try mode("1970-01-01") == ReportOnly(until: 0))
    }

    @Test(
        "Days and hours that there are not, and other spellings, are mistakes",
        arguments: [
            "2027-02-29", "2100-02-29", "2026-04-31", "2026-00-01", "2026-13-01", "2026-01-00", "2026-01-32", "26-01-01", "2026-1-1",
            "20260101",
            "2026-01-01T00:00:00", "2026-01-01T00:00:00z", "2026-01-01t00:00:00Z", "\"2026-01-01 00:00:00Z\"", "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00.0Z", "1969-12-31",
            "0000-01-01",
            "tomorrow", "1", "\"true\"", "\"false\"", "True", "on", "yes", "2026/01/01", "2026-01-\u{661}", "////-//-//", "~~~~-~~-~~",
            "+026-01-01", "2026-01--1",
        ])
    func badValues(value: String) {
        expectMistake(root(value), "13:14: report_only", "or the day from which on it enforces")
    }

    @Test("What is no single value is a mistake")
    func wrongShapes() {
        expectMistake(root("[true]"), "13:14: report_only", "not a list")
        expectMistake(root("{until: 2027-01-31}"), "13:14: report_only", "not a mapping")
        expectMistake(root(""), "13:1: report_only", "has no value")
    }

    @Test("A day more than 180 days ahead is a mistake, one in the past is not")
    func range() throws {
        // 180 days after the tests' moment is 2027-07-14T08:00:00Z.
        #expect(try mode("2027-07-14") != nil)
        #expect(try mode("2027-07-14T08:00:00Z") != nil)
        expectMistake(root("2027-07-14T08:00:01Z"), "13:14: report_only", "more than 180 days ahead")
        expectMistake(root("2072-01-31"), "13:14: report_only", "more than 180 days ahead")
        expectMistake(root("9999-12-31"), "13:14: report_only", "more than 180 days ahead")
        #expect(try mode("2026-12-31")?.isOn(at: now) == false)
    }

    @Test("The whole file's holds on each route that does not say otherwise, and where there is none")
    func inheritance() throws {
        let configuration = try read(
            root("true")
                + "routes:\n  - {path: /a}\n  - {path: /b, report_only: false}\n  - {path: /c, report_only: 2027-01-31}\n  - {path: /d, require: certificate}\n"
        )
        #expect(
            configuration.routes.map(\.policy.reportOnly) == [
                ReportOnly(until: nil), nil, ReportOnly(until: 1_801_353_600), ReportOnly(until: nil),
            ])
        #expect(configuration.routeTable.fallback.reportOnly == ReportOnly(until: nil))
        let one = try read(minimal + "routes: [{path: /a, report_only: true}]\n")
        #expect(one.routes[0].policy.reportOnly == ReportOnly(until: nil) && one.routeTable.fallback.reportOnly == nil)
        expectMistake(minimal + "routes: [{path: /a, report_only: maybe}]\n", "13:34: routes[0].report_only", "`true`, `false`, or the day")
        expectMistake(
            minimal + "routes: [{path: /a, require: nothing, report_only: true}]\n", "13:39: routes[0].report_only", "refuses nothing")
    }

    @Test("check is loud about it, says until when, and tells of one that is over")
    func summary() throws {
        #expect(
            try lines(root("true")).filter { $0.contains("report") } == [
                "Every request needs a token bound to the client's certificate; that is only reported and not enforced.",
                "warning: report_only is on with no end: on everything, requests that should be refused are forwarded, marked and counted. Nothing is protected.",
            ])
        #expect(
            try lines(root("2027-01-31")).filter { $0.contains("report") } == [
                "Every request needs a token bound to the client's certificate; that is only reported and not enforced until 2027-01-31T00:00:00Z.",
                "warning: report_only is on until 2027-01-31T00:00:00Z: on everything, requests that should be refused are forwarded, marked and counted. Nothing is protected.",
            ])
        #expect(
            try lines(root("2027-01-15T08:00:00Z")).filter { $0.contains("report") || $0.hasPrefix("Every") } == [
                "Every request needs a token bound to the client's certificate.",
                "warning: report_only ended at 2027-01-15T08:00:00Z: everything is enforced. Remove the key.",
            ])
        #expect(
            try lines(
                minimal
                    + "report_only: true\nroutes: [{path: /a, report_only: false}, {path: /b, methods: [PUT], report_only: 2027-01-31}, {path: /c}]\n"
            )
            .filter { $0.contains(" on /") || $0.contains("Every other") || $0.hasPrefix("warning") } == [
                "Any method on /a needs a token bound to the client's certificate.",
                "PUT on /b needs a token bound to the client's certificate; that is only reported and not enforced until 2027-01-31T00:00:00Z.",
                "Any method on /c needs a token bound to the client's certificate; that is only reported and not enforced.",
                "Every other request needs a token bound to the client's certificate, whatever its scope; that is only reported and not enforced.",
                "warning: report_only is on with no end: on every route that does not say otherwise, requests that should be refused are forwarded, marked and counted. Nothing is protected.",
                "warning: routes[1].report_only is on until 2027-01-31T00:00:00Z: on PUT /b, requests that should be refused are forwarded, marked and counted. Nothing is protected.",
            ])
    }
}
