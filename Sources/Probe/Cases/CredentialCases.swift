/// Who connects, and with which token.
extension ProbeSubject {
    var certificateCases: [ProbeCase] {
        func attempt(_ id: String, _ title: String, _ approach: Approach) -> ProbeCase {
            ProbeCase(id, .certificates, title, approach, good, .refused)
        }
        var cases = [attempt("certificate_absent", "no certificate", Approach(identity: .none))]
        for version in Approach.Version.allCases {
            let id = version == .tls12 ? "tls12" : "tls13"
            cases.append(attempt("certificate_absent_\(id)", "no certificate, \(version.rawValue)", Approach(identity: .none, version: version)))
        }
        cases += [
            attempt("server_name_absent", "no certificate, and no server name in the handshake", Approach(identity: .none, serverName: .absent)),
            attempt(
                "server_name_unknown", "no certificate, and a server name that nobody serves",
                Approach(identity: .none, serverName: .named("\(seed).invalid"))),
            attempt("certificate_copied", "a self-signed copy of the certificate's names", Approach(identity: .copy)),
        ]
        if hasOther { cases.append(attempt("certificate_other", "another client's certificate", Approach(identity: .other))) }
        if let otherServerName {
            cases.append(
                attempt(
                    "server_name_other", "no certificate, another name of the server", Approach(identity: .none, serverName: .named(otherServerName)))
            )
        }
        return cases
    }

    /// Connections that show no certificate, and resume a session of one that did.
    var sessionCases: [ProbeCase] {
        Approach.Version.allCases.flatMap { version -> [ProbeCase] in
            let id = version == .tls12 ? "tls12" : "tls13"
            func resumed(_ earlier: Approach.Earlier) -> Approach { Approach(identity: .none, version: version, earlier: earlier) }
            func attempt(_ name: String, _ title: String, _ earlier: Approach.Earlier, _ token: String?, _ expectation: Expectation) -> ProbeCase {
                ProbeCase("\(name)_\(id)", .sessions, "\(title), \(version.rawValue)", resumed(earlier), request(token: token), expectation)
            }
            var cases = [
                attempt("session_own", "its own session resumed without a certificate", .init(identity: .own), token, .sameIdentity),
                attempt("session_no_token", "its own session resumed, and no token", .init(identity: .own), nil, .refused),
            ]
            if let unbound = badTokens.first(where: { $0.id == "token_unbound" }) {
                cases.append(attempt("session_unbound", "its own session resumed, an unbound token", .init(identity: .own), unbound.token, .refused))
            }
            if hasOther {
                cases.append(
                    attempt("session_other", "another client's session resumed, this client's token", .init(identity: .other), token, .refused))
            }
            if let otherServerName {
                let earlier = Approach.Earlier(identity: .own, serverName: .named(otherServerName))
                cases.append(attempt("session_crossed", "a session of another server name resumed here", earlier, token, .refusedIfResumed))
            }
            return cases
        }
    }

    var tokenCases: [ProbeCase] {
        func attempt(_ id: String, _ title: String, _ token: String?, _ identity: Approach.Identity = .own) -> ProbeCase {
            ProbeCase(id, .tokens, title, Approach(identity: identity), request(token: token), .refused)
        }
        var cases = [attempt("token_absent", "no token", nil)]
        cases += badTokens.map { attempt($0.id, $0.title, $0.token) }
        guard let forged = ForgedToken(token) else { return cases + [attempt("token_altered", "its own token with a letter more", token + "A")] }
        cases += [
            attempt("signature_altered", "its own token, one letter of the signature altered", forged.altered),
            attempt("signature_absent", "its own token, the signature taken off", forged.withoutSignature),
            attempt("algorithm_none", "its own token, made over with the algorithm none", forged.unsigned("none")),
            attempt("algorithm_none_case", "the same, spelled nOnE", forged.unsigned("nOnE")),
            attempt("algorithm_none_signed", "the same, with the signature of before", forged.unsigned("none", keepingSignature: true)),
        ]
        if hasOther, let otherThumbprint, let rebound = forged.rebound(to: otherThumbprint) {
            cases.append(attempt("binding_rewritten", "the other client, its thumbprint written into the token", rebound, .other))
        }
        return cases
    }

    /// Tokens where none belongs.
    var placeCases: [ProbeCase] {
        let bare = request(token: nil)
        let joiner = path.contains("?") ? "&" : "?"
        let form = "access_token=\(token)"
        func attempt(_ id: String, _ title: String, _ request: RawRequest) -> ProbeCase { ProbeCase(id, .places, title, .own, request, .refused) }
        let formed = bare.with {
            $0.method = "POST"
            $0.lines += ["Content-Type: application/x-www-form-urlencoded", "Content-Length: \(form.utf8.count)"]
            $0.body = form
        }
        return [
            attempt("token_in_query", "the token in the query", bare.with { $0.target += "\(joiner)access_token=\(token)" }),
            attempt("token_in_form", "the token in a form", formed),
            attempt("token_in_cookie", "the token in a cookie", bare.adding("Cookie: access_token=\(token)")),
            attempt("authorization_twice", "the token, then another Authorization", good.adding("Authorization: Bearer \(seed)")),
            attempt("authorization_twice_last", "another Authorization, then the token", good.beginning(with: "Authorization: Bearer \(seed)")),
            attempt("authorization_twice_same", "the token in two Authorization lines", good.adding("Authorization: Bearer \(token)")),
            attempt("authorization_underscore", "the token in a field Authorization_", bare.adding("Authorization_: Bearer \(token)")),
        ]
    }
}
