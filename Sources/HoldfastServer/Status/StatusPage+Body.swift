import Timekeeping

extension StatusPage {
    static func body(_ report: StatusReport) -> String {
        [
            heading(report), generation(report), traffic(report), issuers(report), upstreams(report), certificates(report), handshakes(report),
        ].joined(separator: "\n")
    }

    /// What is ready and why not, and what should not stay as it is.
    private static func heading(_ report: StatusReport) -> String {
        let state = report.isReady ? #"<span class="well">ready</span>"# : #"<span class="bad">not ready</span>"#
        let mode = report.isReportOnly ? ["report_only: requests that should be refused are forwarded"] : []
        return """
            <h1>Holdfast: \(state)</h1>
            <small>\(Timestamp.text(report.now))</small>
            \(list(report.problems, "bad"))\(list(mode + report.warnings, "warn"))
            """
    }

    private static func generation(_ report: StatusReport) -> String {
        let facts = "number \(report.generation), <code>\(escaped(report.digest))</code>, in force for \(duration(report.generationAge))"
        return "<h2>Configuration</h2>\n<p>\(facts)</p>"
            + list(report.mistakes.map { "reload refused: \($0)" }, "bad") + list(report.waitingForRestart.map { "needs a restart: \($0)" }, "warn")
    }

    private static func traffic(_ report: StatusReport) -> String {
        let connections = report.connections
        return """
            <h2>Connections</h2>
            <p>\(connections.active) open of \(connections.limit) at most, \(connections.handshaking) in their handshake</p>
            <div class="columns">
            <div><h2>Answers by status</h2>\(counts(report.answers, "status"))</div>
            <div><h2>Refusals by reason</h2>\(counts(report.refusals, "reason"))</div>
            <div><h2>Refused handshakes by reason</h2>\(counts(report.handshakeFailures, "reason"))</div>
            <div><h2>Failures of upstreams</h2>\(counts(report.upstreamFailures, "reason"))</div>
            </div>
            """
    }

    private static func issuers(_ report: StatusReport) -> String {
        let rows = report.issuers.map { issuer in
            [
                cell(issuer.name), issuer.keys.map { cell("\($0)", $0 == 0 ? "bad" : "") } ?? cell("-"),
                issuer.keysAge.map { cell(duration($0)) } ?? cell("-"), #"<td class="warn">\#(list(issuer.notes, "warn"))</td>"#,
            ]
        }
        return "<h2>Issuers</h2>\n" + table(["issuer", "keys", "last looked at", ""], rows)
    }

    private static func upstreams(_ report: StatusReport) -> String {
        let rows = report.upstreams.map { [cell($0.name), cell($0.address), cell($0.finding, $0.isWell ? "well" : "bad")] }
        return "<h2>Upstreams</h2>\n" + table(["upstream", "address", ""], rows)
    }

    private static func certificates(_ report: StatusReport) -> String {
        let rows = report.certificates.map { certificate in
            let days = certificate.daysLeft(report.now)
            let state = days.map { $0 < 2 ? "bad" : $0 < 30 ? "warn" : "" } ?? ""
            return [
                cell(certificate.key), cell(certificate.subject),
                cell(days.map { $0 < 0 ? "expired" : "\($0) days" } ?? "no end", state),
            ]
        }
        let lists = report.lists.map { [cell($0.name), cell($0.count < 0 ? "is overdue" : "in \(duration($0.count))", $0.count < 0 ? "bad" : "")] }
        return "<h2>Certificates</h2>\n" + table(["key", "subject", "left"], rows)
            + (lists.isEmpty ? "" : "\n<h2>Revocation lists</h2>\n" + table(["list", "next update"], lists))
    }

    private static func handshakes(_ report: StatusReport) -> String {
        let rows = report.refusedHandshakes.map { refusal in
            let details = refusal.details.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            return [cell(Timestamp.text(refusal.time)), cell(refusal.reason), cell(refusal.client), cell(details)]
        }
        return "<h2>The last refused handshakes</h2>\n" + table(["time", "reason", "client", ""], rows)
    }

    // MARK: Pieces

    private static func counts(_ counts: [StatusReport.Count], _ what: String) -> String {
        table([what, "number"], counts.map { [cell($0.name), #"<td class="number">\#($0.count)</td>"#] })
    }

    private static func table(_ heads: [String], _ rows: [[String]]) -> String {
        guard !rows.isEmpty else { return "<p><small>none</small></p>" }
        let head = heads.map { "<th>\($0)</th>" }.joined()
        let body = rows.map { "<tr>\($0.joined())</tr>" }.joined(separator: "\n")
        return #"<div class="wide"><table>"# + "\n<tr>\(head)</tr>\n\(body)\n</table></div>"
    }

    private static func cell(_ text: String, _ state: String = "") -> String {
        state.isEmpty ? "<td>\(escaped(text))</td>" : #"<td class="\#(state)">\#(escaped(text))</td>"#
    }

    private static func list(_ items: [String], _ state: String) -> String {
        items.isEmpty ? "" : "<ul>" + items.map { #"<li class="\#(state)">\#(escaped($0))</li>"# }.joined() + "</ul>"
    }

    private static func duration(_ seconds: Int) -> String {
        switch seconds {
        case ..<120: "\(seconds) s"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) days"
        }
    }

    /// For text and for values in quotes. What has no place in a line is shown as something that was there.
    static func escaped(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "'": out += "&#39;"
            default: out.unicodeScalars.append(isShown(scalar) ? scalar : "\u{fffd}")
            }
        }
        return out
    }

    /// Neither controls nor what turns the direction of text around.
    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: false
        default: true
        }
    }
}
