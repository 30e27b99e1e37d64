/// Performs cases one after another: it connects, sends and reads, and decides nothing.
package final class Prober {
    package struct Files: Sendable {
        package var certificate: String
        package var key: String
        package var otherCertificate: String?
        package var otherKey: String?
        /// Of the server; nil: the system's.
        package var authorities: String?

        package init(certificate: String, key: String) { (self.certificate, self.key) = (certificate, key) }
    }

    private let host: String
    private let port: Int
    /// The usual name of the server, which its certificate must have.
    private let serverName: String
    /// Seconds.
    private let patience: Int
    private let overHTTP2: Bool
    private let contexts: [Approach.Identity: ClientContext]

    package init(host: String, port: Int, serverName: String, patience: Int, overHTTP2: Bool = false, files: Files) throws(ProbeFault) {
        self.overHTTP2 = overHTTP2
        (self.host, self.port, self.serverName, self.patience) = (host, port, serverName, patience)
        var contexts: [Approach.Identity: ClientContext] = [:]
        let own = try ClientContext(authorities: files.authorities)
        try own.show(certificate: files.certificate, key: files.key)
        contexts[.own] = own
        contexts[Approach.Identity.none] = try ClientContext(authorities: files.authorities)
        let copy = try ClientContext(authorities: files.authorities)
        try copy.showCopy(of: own)
        contexts[.copy] = copy
        if let certificate = files.otherCertificate, let key = files.otherKey {
            let other = try ClientContext(authorities: files.authorities)
            try other.show(certificate: certificate, key: key)
            contexts[.other] = other
        }
        self.contexts = contexts
    }

    /// base64url of a certificate's SHA-256 first; then that of its SHA-1, and both in hexadecimal.
    package func thumbprints(of identity: Approach.Identity) -> [String] {
        let digests = contexts[identity]?.digests ?? []
        return digests.map(Base64URL.text) + digests.map { $0.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
    }

    /// - Parameter good: what an earlier connection asks, so that it is given a session.
    package func perform(_ attempt: ProbeCase, good: RawRequest) -> Observation {
        var session: TLSSession?
        if let earlier = attempt.approach.earlier {
            var approach = Approach(identity: earlier.identity, serverName: earlier.serverName, version: attempt.approach.version)
            approach.earlier = nil
            let (observation, left) = ask(approach, good, session: nil, waitsForMore: false)
            guard let left else { return missing(observation) }
            session = left
        }
        var isFraming = false
        if case .oneRequest = attempt.expectation { isFraming = true }
        return ask(attempt.approach, attempt.request, session: session, waitsForMore: isFraming).0
    }

    private func missing(_ observation: Observation) -> Observation {
        switch observation {
        case .refusedByTLS(let why): .refusedByTLS("\(why), for the session's own connection")
        case .answered: .refusedByTLS("no session is given that could be resumed")
        default: .failed("no session: \(observation)")
        }
    }

    private func ask(_ approach: Approach, _ request: RawRequest, session: TLSSession?, waitsForMore: Bool) -> (Observation, TLSSession?) {
        guard let context = contexts[approach.identity] else { return (.failed("no such certificate"), nil) }
        // A request that hides another may be answered once, and then held open for a while: that is no reason to wait long.
        guard let socket = Socket(host: host, port: port, patience: waitsForMore ? 1 : patience) else { return (.failed("no connection"), nil) }
        guard let connection = TLSConnection(socket, context, application: overHTTP2 ? "h2" : "http/1.1") else {
            return (.failed("OpenSSL made no connection"), nil)
        }
        let name: String? =
            switch approach.serverName {
            case .usual: Self.isAddress(serverName) ? nil : serverName
            case .absent: nil
            case .named(let name): name
            }
        // Under another name another certificate may be shown, and that is not what is asked here.
        connection.prepare(name: name, expected: approach.serverName == .usual ? serverName : nil, version: approach.version, session: session)
        if let end = connection.handshake() { return (end, nil) }
        let observation = overHTTP2 ? askOverHTTP2(connection, request) : ask(connection, request, waitsForMore: waitsForMore)
        let left = connection.session
        connection.end()
        return (observation, left)
    }

    private func askOverHTTP2(_ connection: TLSConnection, _ request: RawRequest) -> Observation {
        guard connection.speaksHTTP2 else { return .failed("HTTP/2 was not chosen") }
        guard let request = HTTP2Request(request) else { return .failed("HTTP/2 cannot say this") }
        var reader = HTTP2AnswerReader()
        _ = connection.send(request.octets)
        while reader.outcome == nil {
            switch connection.read() {
            case .octets(let octets):
                let replies = reader.take(octets)
                if !replies.isEmpty { _ = connection.send(replies) }
                continue
            case .refused(let why) where reader.isEmpty: return .refusedByTLS(why)
            case .silent: return .silent
            case .closed, .refused: break
            }
            break
        }
        switch reader.atTheEnd {
        case .answered(let answer): return .answered([answer], isResumed: connection.isResumed)
        case .refused: return .closed
        }
    }

    private func ask(_ connection: TLSConnection, _ request: RawRequest, waitsForMore: Bool) -> Observation {
        // Where it fails, what the peer said before says more.
        _ = connection.send(request.octets)
        var reader = AnswerReader()
        let isResumed = connection.isResumed
        while !reader.isFull {
            switch connection.read() {
            case .octets(let octets):
                reader.take(octets)
                let (answers, isWhole) = reader.answers(hasEnded: false)
                if isWhole, !waitsForMore { return .answered(answers, isResumed: isResumed) }
                continue
            case .closed where reader.isEmpty: return .closed
            case .refused(let why) where reader.isEmpty: return .refusedByTLS(why)
            case .silent where reader.isEmpty: return .silent
            case .closed, .refused, .silent: break
            }
            break
        }
        return .answered(reader.answers(hasEnded: true).answers, isResumed: isResumed)
    }

    /// Addresses are no server names (RFC 6066 section 3).
    private static func isAddress(_ name: String) -> Bool {
        name.contains(":") || name.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2e }
    }
}
