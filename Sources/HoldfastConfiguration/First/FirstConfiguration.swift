/// The first configuration of a deployment: seven answers → a file with comments, which `check` takes once its files are there.
package struct FirstConfiguration: Sendable {
    package enum Answer: String, CaseIterable, Sendable {
        case listen, certificate, privateKey, authorities, issuer, audience, upstream
    }

    private var answers: [Answer: String] = [:]

    package init() {}

    package subscript(answer: Answer) -> String? {
        get { answers[answer] }
        set { answers[answer] = newValue }
    }

    /// Those that nobody can guess.
    package var missing: [Answer] { Answer.allCases.filter { self[$0] == nil && $0.usual == nil } }

    /// What is wrong with an answer, as the reader says it; nil where nothing is, or none is given. Whether files are there is not looked at.
    package func mistake(in answer: Answer) -> String? {
        guard self[answer] != nil else { return nil }
        return mistakes.first { $0.keyPath == answer.keyPath }?.message
    }

    /// As for ``mistake(in:)``, of all of them together.
    package var mistakes: [ConfigurationMistake] { HoldfastConfiguration.mistakesBesideFiles(yaml: text) }

    private func value(_ answer: Answer) -> String { Self.quoted(self[answer] ?? answer.usual ?? answer.example) }

    /// A text of YAML in double quotes, whatever it holds; plain where that says the same.
    private static func quoted(_ text: String) -> String {
        let plain = text.utf8.allSatisfy {
            (97...122).contains($0 | 0x20) || (48...57).contains($0) || "/._:-".utf8.contains($0)
        }
        if plain, let first = text.unicodeScalars.first, first.properties.isAlphabetic || first == "/" || text.contains("."), text.last != ":" {
            return text
        }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case _ where scalar.value < 0x20: quoted += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    package var text: String {
        """
        # Holdfast's configuration. `holdfast check --config FILE` names all mistakes at once, and says what is let through. Paths are relative to
        # this file. Every other key, with its default, is in holdfast.example.yaml; `holdfast schema` prints a schema for editors.

        listener:
          address: \(value(.listen))
          certificate: \(value(.certificate))        # of this server: PEM, leaf first
          private_key: \(value(.privateKey))

        # Whose clients may connect: those with a path to one of these CAs.
        client_certificates:
          trust: authorities
          authorities: \(value(.authorities))
          # revocation_lists: clients.crl

        # Whose tokens count; each must be bound to the client's certificate (cnf.x5t#S256).
        tokens:
          - issuer: \(value(.issuer))        # exactly as tokens have it in `iss`; its keys are discovered (RFC 8414)
            audience: \(value(.audience))        # what its tokens call this API in `aud`
            # keys: jwks.json        # a file or a URL, where they cannot be discovered
            # type: any              # for issuers whose tokens are not of the type at+jwt (RFC 9068)

        upstream:
          url: \(value(.upstream))        # http://, https://, or http+unix:///run/api.sock

        # Without routes every path needs a bound token. With them, paths can ask for more:
        # routes:
        #   - path: /payments/*
        #     methods: [POST]
        #     scopes: [payments:write]

        admin:
          address: 127.0.0.1:9901        # plain HTTP: /livez, /readyz, /metrics

        """
    }
}

extension FirstConfiguration.Answer {
    /// What stands there unless it is answered; nil where nobody can guess it.
    package var usual: String? {
        switch self {
        case .listen: "0.0.0.0:8443"
        case .certificate: "server.pem"
        case .privateKey: "server.key"
        case .authorities: "clients-ca.pem"
        case .issuer, .audience, .upstream: nil
        }
    }

    package var example: String {
        switch self {
        case .issuer: "https://as.example.com"
        case .audience: "https://api.example.com"
        case .upstream: "http://127.0.0.1:8080"
        default: usual ?? ""
        }
    }

    package var question: String {
        switch self {
        case .listen: "Where to listen, an IP address and a port"
        case .certificate: "The file with this server's certificate, PEM, leaf first"
        case .privateKey: "The file with its private key"
        case .authorities: "The file with the CAs that clients' certificates come from"
        case .issuer: "The issuer of the tokens, exactly as they have it in `iss`"
        case .audience: "What those tokens call this API, in `aud`"
        case .upstream: "The URL of the API behind Holdfast"
        }
    }

    /// Whether it names a file.
    package var isFile: Bool { [.certificate, .privateKey, .authorities].contains(self) }

    fileprivate var keyPath: String {
        switch self {
        case .listen: "listener.address"
        case .certificate: "listener.certificate"
        case .privateKey: "listener.private_key"
        case .authorities: "client_certificates.authorities"
        case .issuer: "tokens[0].issuer"
        case .audience: "tokens[0].audience"
        case .upstream: "upstream.url"
        }
    }
}
