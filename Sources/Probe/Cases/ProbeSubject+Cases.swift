extension ProbeSubject {
    /// What must pass, or nothing else says anything.
    package var baseline: ProbeCase { ProbeCase("good", .baseline, "the good request", .own, good, .passes) }

    /// All that is tried behind it, in the order of the report.
    package var cases: [ProbeCase] { certificateCases + sessionCases + tokenCases + placeCases + fieldCases + messageCases + pathCases }

    /// What is not tried, and what would be needed for it.
    package var untried: [String] {
        var lines: [String] = []
        if !hasOther { lines.append("another client's certificate: --other-certificate and --other-key") }
        for (id, option) in [
            ("token_unbound", "--unbound-token"), ("token_expired", "--expired-token"), ("token_audience", "--wrong-audience-token"),
        ]
        where !badTokens.contains(where: { $0.id == id }) { lines.append("a token that must be refused: \(option)") }
        if ForgedToken(token) == nil { lines.append("forged signatures: the token is no JWT") }
        if protectedPath == nil { lines.append("tricks with paths: --protected-path") }
        if otherServerName == nil { lines.append("sessions of another server name: --other-server-name") }
        return lines
    }
}
