import NIOCore
import Telemetry
import Timekeeping

extension StatusReport {
    /// The same as the page says, for programs. Times are RFC 3339, ages and what is left whole seconds.
    var json: String {
        let refused = refusedHandshakes.map { refusal in
            JSONValue.object(
                [("time", .text(Timestamp.text(refusal.time))), ("reason", .text(refusal.reason)), ("client", .text(refusal.client))]
                    + refusal.details.sorted { $0.key < $1.key }.map { ($0.key, .text($0.value)) })
        }
        let all: [(String, JSONValue)] = [
            ("time", .text(Timestamp.text(now))), ("ready", .flag(isReady)), ("problems", .texts(problems)), ("report_only", .flag(isReportOnly)),
            (
                "generation",
                .object([
                    ("number", .number(generation)), ("digest", .text(digest)), ("age_seconds", .number(generationAge)),
                    ("reload_mistakes", .texts(mistakes)), ("waiting_for_restart", .texts(waitingForRestart)),
                ])
            ),
            ("warnings", .texts(warnings)),
            (
                "connections",
                .object([
                    ("active", .number(connections.active)), ("limit", .number(connections.limit)), ("handshaking", .number(connections.handshaking)),
                ])
            ),
            ("answers", counts(answers)), ("refusals", counts(refusals)), ("handshake_failures", counts(handshakeFailures)),
            ("upstream_failures", counts(upstreamFailures)),
            ("issuers", .list(issuers.map(Self.json))), ("certificates", .list(certificates.map(json))), ("revocation_lists", counts(lists)),
            (
                "upstreams",
                .list(
                    upstreams.map {
                        .object([
                            ("name", .text($0.name)), ("address", .text($0.address)), ("up", .flag($0.isWell)), ("finding", .text($0.finding)),
                        ])
                    })
            ), ("refused_handshakes", .list(refused)),
        ]
        var out = ByteBuffer()
        JSONValue.object(all).write(to: &out)
        out.writeString("\n")
        return String(buffer: out)
    }

    private func counts(_ counts: [Count]) -> JSONValue { .object(counts.map { ($0.name, .number($0.count)) }) }

    private static func json(_ issuer: Issuer) -> JSONValue {
        .object([
            ("name", .text(issuer.name)), ("keys", issuer.keys.map { .number($0) } ?? .null),
            ("keys_age_seconds", issuer.keysAge.map { .number($0) } ?? .null), ("notes", .texts(issuer.notes)),
        ])
    }

    private func json(_ certificate: Certificate) -> JSONValue {
        .object([
            ("key", .text(certificate.key)), ("subject", .text(certificate.subject)), ("not_after", .text(Timestamp.text(certificate.notAfter))),
            ("days_left", certificate.daysLeft(now).map { .number($0) } ?? .null),
        ])
    }
}

extension StatusReport.Certificate {
    /// Whole days, below zero where it has expired; nil where it has no end.
    func daysLeft(_ now: Double) -> Int? { Int(exactly: ((notAfter - now) / 86_400).rounded(.down)) }
}

/// What a page for programs is made of.
private indirect enum JSONValue {
    case null
    case flag(Bool)
    case number(Int)
    case text(String)
    case list([JSONValue])
    case object([(String, JSONValue)])

    static func texts(_ texts: [String]) -> JSONValue { .list(texts.map { .text($0) }) }

    func write(to out: inout ByteBuffer) {
        switch self {
        case .null: out.writeString("null")
        case .flag(let value): out.writeString(value ? "true" : "false")
        case .number(let value): out.writeDecimal(value)
        case .text(let text): out.writeJSONString(text)
        case .list(let values): Self.write(values, "[", "]", to: &out) { $0.write(to: &$1) }
        case .object(let members):
            Self.write(members, "{", "}", to: &out) { member, out in
                out.writeJSONString(member.0)
                out.writeString(":")
                member.1.write(to: &out)
            }
        }
    }

    private static func write<Item>(
        _ items: [Item], _ opening: String, _ closing: String, to out: inout ByteBuffer, _ each: (Item, inout ByteBuffer) -> Void
    ) {
        out.writeString(opening)
        for (position, item) in items.enumerated() {
            if position > 0 { out.writeString(",") }
            each(item, &out)
        }
        out.writeString(closing)
    }
}
