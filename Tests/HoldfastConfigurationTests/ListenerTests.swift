import HTTPWire
import HoldfastConfiguration
import Testing

@Suite("listener and client_certificates")
struct ListenerTests {
    private func listening(_ lines: String) -> String { changed("address: 127.0.0.1:8443", to: "address: 127.0.0.1:8443\n  \(lines)") }

    @Test(
        "Addresses are an IP address and a port",
        arguments: [
            ("0.0.0.0:8443", "0.0.0.0", 8443), ("127.0.0.1:0", "127.0.0.1", 0), ("\"[::]:8443\"", "::", 8443),
            ("'[::1]:65535'", "::1", 65535),
        ])
    func address(text: String, host: String, port: Int) throws {
        let address = try read(changed("address: 127.0.0.1:8443", to: "address: \(text)")).listener.address
        #expect(address.host == host && address.port == port)
        #expect(address.description == text.filter { $0 != "\"" && $0 != "'" })
    }

    @Test(
        "Everything else is no address",
        arguments: [
            "8443", ":8443", "127.0.0.1", "\"127.0.0.1:\"", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1",
            "127.0.0.1:99999999999999999999",
            "127.0.0.1:84 43", "256.0.0.1:1", "127.1:1", "localhost:1", "example.com:1", "\"::1:8443\"", "\"[::1]\"", "\"[::1]8443\"",
            "\"[::1\"",
            "\"[]:1\"", "\"[127.0.0.1]:1\"", "\"*:8443\"", "\"https://0.0.0.0:1\"", "127.0.0.1:8443/", "127.0.0.1:٣",
        ])
    func badAddress(text: String) {
        expectMistake(
            changed("address: 127.0.0.1:8443", to: "address: \(text)"), "2:12: listener.address", "An IP address and a port are expected")
    }

    @Test("What is missing is told at its section")
    func missing() {
        expectMistake(changed("  address: 127.0.0.1:8443\n", to: ""), "1:1: listener.address", "The key is missing.")
        expectMistake(changed("  certificate: server.pem\n", to: ""), "1:1: listener.certificate", "leaf first")
        expectMistake(changed("  private_key: server.key\n", to: ""), "1:1: listener.private_key", "private key")
        expectMistake(changed("address: 127.0.0.1:8443", to: "address:"), "2:3: listener.address", "has no value")
        expectMistake(changed("address: 127.0.0.1:8443", to: "address: ~"), "2:3: listener.address", "has no value")
        expectMistake(changed("address: 127.0.0.1:8443", to: "address: \"\""), "2:12: listener.address", "is empty")
        expectMistake(changed("address: 127.0.0.1:8443", to: "address: [a]"), "2:12: listener.address", "not a list")
        expectMistake(changed("address: 127.0.0.1:8443", to: "address: {a: b}"), "2:12: listener.address", "not a mapping")
    }

    @Test("A port is shared by its own word alone, which is named as weaker")
    func sharedPort() throws {
        #expect(try !read(minimal).listener.reusePort)
        #expect(try !read(listening("reuse_port: false")).listener.reusePort)
        #expect(try read(listening("reuse_port: true")).listener.reusePort)
        #expect(try lines(listening("reuse_port: true")).contains { $0.contains("listener.reuse_port is true") })
        #expect(try !lines(minimal).contains { $0.contains("reuse_port") })
        expectMistake(listening("reuse_port: sometimes"), "3:15: listener.reuse_port", "true")
    }

    @Test("The process gives up what it can, unless another word says otherwise")
    func sandbox() throws {
        #expect(try read(minimal).sandbox == .whereAvailable)
        #expect(try read(minimal + "process: {sandbox: required}\n").sandbox == .required)
        #expect(try lines(minimal + "process: {sandbox: none}\n").contains { $0.contains("process.sandbox is `none`") })
        #expect(try !lines(minimal + "process: {sandbox: required}\n").contains { $0.contains("process.sandbox") })
        #expect(throws: ConfigurationMistakes.self) { try read(minimal + "process: {sandbox: true}\n") }
        #expect(throws: ConfigurationMistakes.self) { try read(minimal + "process: {sandbx: none}\n") }
    }

    @Test("Files must be there, be files, and hold something")
    func files() throws {
        expectMistake(changed("certificate: server.pem", to: "certificate: absent.pem"), "3:16: listener.certificate", "There is no file")
        expectMistake(changed("certificate: server.pem", to: "certificate: folder"), "3:16: listener.certificate", "is a folder")
        expectMistake(changed("certificate: server.pem", to: "certificate: empty.pem"), "3:16: listener.certificate", "is empty")
        expectMistake(
            changed("private_key: server.key", to: "private_key: ../absent/server.key"), "4:16: listener.private_key", "There is no file")
        let absolute = Folder.path + "/server.pem"
        let configuration = try read(changed("certificate: server.pem", to: "certificate: \(absolute)"))
        #expect(configuration.listener.identity.certificate.path == absolute)
        #expect(try read(minimal).listener.identity.certificate.path == absolute)
    }

    @Test("A mistake found in a file's contents later is told at the key that names it")
    func laterMistakes() throws {
        let file = try read(minimal).listener.identity.certificate
        #expect(
            file.mistake("It holds no certificate.").description == Folder.path
                + "/holdfast.yaml:3:16: listener.certificate: It holds no certificate.")
    }

    @Test(
        "Durations have one unit",
        arguments: [
            ("250ms", Duration.milliseconds(250)), ("30s", .seconds(30)), ("5m", .seconds(300)), ("1h", .seconds(3600)),
            ("\"1s\"", .seconds(1)),
        ])
    func durations(text: String, duration: Duration) throws {
        #expect(try read(listening("idle_timeout: \(text)")).listener.idleTimeout == duration)
    }

    @Test(
        "Everything else is no duration",
        arguments: [
            "30", "0", "s", "30 s", "1.5s", "-1s", "+1s", "1h30m", "1d", "30S", "1e3s", "0x1s", "9999999999s", "99999999999999999999999s",
            "٣s", "true",
        ])
    func badDurations(text: String) {
        expectMistake(listening("head_timeout: \(text)"), "3:17: listener.head_timeout", "A duration such as")
    }

    @Test("Durations out of range are told the range", arguments: ["0s", "99ms", "3601s", "999999999h"])
    func durationRange(text: String) {
        expectMistake(listening("idle_timeout: \(text)"), "3:17: listener.idle_timeout", "out of range: 100ms to 1h")
    }

    @Test("Sizes have one unit")
    func sizes() throws {
        #expect(try read(listening("max_head: 4KiB")).listener.maxHead == 4096)
        #expect(try read(listening("max_head: 1MiB")).listener.maxHead == 1 << 20)
        #expect(try read(listening("max_head: 5000B")).listener.maxHead == 5000)
        for text in ["16384", "16KB", "16k", "16 KiB", "1.5MiB", "-1KiB", "9999999999KiB", "1GiB", "KiB"] {
            expectMistake(listening("max_head: \(text)"), "3:13: listener.max_head", "A size such as")
        }
        for text in ["4095B", "2MiB", "0KiB", "999999999MiB"] {
            expectMistake(listening("max_head: \(text)"), "3:13: listener.max_head", "out of range: 4KiB to 1MiB")
        }
    }

    @Test("The bounds of targets and of fields grow with that of heads, unless they are given")
    func headBounds() throws {
        func bounds(_ lines: String) throws -> [Int] {
            let listener = try read(listening(lines)).listener
            return [listener.maxHead, listener.maxTarget, listener.maxFields]
        }
        #expect(try bounds("minimum_tls: 1.2") == [48 << 10, 8 << 10, 100])
        #expect(try bounds("max_head: 4KiB") == [4096, 4096, 100])
        #expect(try bounds("max_head: 16KiB") == [16 << 10, 8 << 10, 100])
        #expect(try bounds("max_head: 96KiB") == [96 << 10, 16 << 10, 200])
        #expect(try bounds("max_head: 128KiB") == [128 << 10, (128 << 10) / 6, 266])
        #expect(try bounds("max_head: 1MiB") == [1 << 20, (1 << 20) / 6, 1000])
        #expect(try bounds("max_head: 128KiB\n  max_target: 2KiB\n  max_fields: 50") == [128 << 10, 2 << 10, 50])
        #expect(try bounds("max_target: 48KiB\n  max_fields: 1000") == [48 << 10, 48 << 10, 1000])
        expectMistake(listening("max_target: 49KiB"), "3:3: listener.max_target", "`max_head` leaves 48KiB")
        expectMistake(listening("max_head: 4KiB\n  max_target: 8KiB"), "4:3: listener.max_target", "`max_head` leaves 4KiB")
    }

    @Test("The protocols that clients may choose are a list of known ones, each once")
    func protocols() throws {
        #expect(try read(minimal).listener.protocols == [.http2, .http1])
        #expect(try read(listening("protocols: [http/1.1]")).listener.protocols == [.http1])
        #expect(try read(listening("protocols: [http/1.1, h2]")).listener.protocols == [.http1, .http2])
        expectMistake(listening("protocols: [h3]"), "3:15: listener.protocols[0]", "not one of `h2`, `http/1.1`")
        expectMistake(listening("protocols: [h2, h2]"), "3:19: listener.protocols[1]", "stands here twice")
        expectMistake(listening("protocols: []"), "3:14: listener.protocols", "empty")
        expectMistake(listening("http2: {max_stream: 5}"), "3:11: listener.http2.max_stream", "Did you mean `max_streams`?")
    }

    @Test("A connection's window leaves room beside a stream that stands still, and floods beyond the defaults are named")
    func http2() throws {
        let limits = try read(listening("http2: {stream_window: 1MiB, max_resets: 300}")).listener.http2
        #expect(limits.streamWindow == 1 << 20 && limits.connectionWindow == 4 << 20 && limits.maxResets == 300)
        #expect(try read(listening("http2: {stream_window: 64KiB, connection_window: 128KiB}")).listener.http2.connectionWindow == 128 << 10)
        expectMistake(
            listening("http2: {stream_window: 64KiB, connection_window: 127KiB}"), "3:33: listener.http2.connection_window", "`128KiB` or more")
        let named = try lines(listening("http2: {max_resets: 300}")).filter { $0.contains("max_resets") }
        #expect(named == ["warning: listener.http2.max_resets is 300: a flood of them is noticed later than by the default of 200."])
        func warned(_ keys: String) throws -> [String] {
            try lines(listening("http2: {\(keys)}")).filter { $0.hasPrefix("warning: listener.http2.") }.map { String($0.dropFirst(24)) }
        }
        #expect(try warned("max_streams: 1000, interval: 29s").map { $0.prefix { $0 != ":" } } == ["interval is 29s", "max_streams is 1000"])
        #expect(
            try warned("stream_window: 129KiB").map { $0.prefix { $0 != ":" } } == ["stream_window is 129KiB", "connection_window is 516KiB"],
            "which grows with it")
        #expect(
            try warned("interval: 1h, max_streams: 100, max_resets: 200, stream_window: 128KiB, connection_window: 384KiB") == [],
            "what is as by default, or stricter, is not named")
        #expect(try lines(minimal).contains { $0.hasPrefix("Speaks HTTP/2 with 100 requests") && $0.hasSuffix("; and HTTP/1.1.") })
        #expect(try lines(listening("protocols: [http/1.1]")).contains("Speaks HTTP/1.1 only."))
    }

    @Test("Counts are whole numbers without quotes")
    func counts() throws {
        #expect(try read(listening("max_connections: 1")).listener.maxConnections == 1)
        for text in ["-1", "1.0", "1e3", "0x10", "\"5\"", "many", "99999999999999999999", "1_000", "[1]"] {
            expectMistake(listening("max_connections: \(text)"), "3:20: listener.max_connections", "A whole number from 1 to 1000000")
        }
    }

    @Test("A quarter of the connections may be in their handshake, unless the file says otherwise")
    func handshakes() throws {
        #expect(try read(listening("max_connections: 16384")).listener.maxHandshakes == 4096)
        #expect(try read(listening("max_connections: 3")).listener.maxHandshakes == 1)
        #expect(try read(listening("max_connections: 100\n  max_handshakes: 100")).listener.maxHandshakes == 100)
        #expect(try read(listening("max_handshakes: 7")).listener.maxHandshakes == 7)
        expectMistake(listening("max_connections: 100\n  max_handshakes: 101"), "4:19: listener.max_handshakes", "`max_connections`")
    }

    @Test("The lowest TLS version is 1.2 or 1.3, quoted or not")
    func minimumTLS() throws {
        #expect(try read(listening("minimum_tls: 1.3")).listener.minimumTLS == .tls13)
        #expect(try read(listening("minimum_tls: \"1.2\"")).listener.minimumTLS == .tls12)
        for text in ["1.1", "1.0", "TLS1.2", "13"] {
            expectMistake(listening("minimum_tls: \(text)"), "3:16: listener.minimum_tls", "is not one of `1.2`, `1.3`")
        }
    }

    @Test("The key exchange is the default or post-quantum only, which takes TLS 1.3")
    func keyExchange() throws {
        #expect(try read(minimal).listener.keyExchange == .any)
        let only = try read(listening("key_exchange: post-quantum-only")).listener
        #expect(only.keyExchange == .postQuantumOnly && only.minimumTLS == .tls13)
        #expect(try read(listening("key_exchange: default")).listener.minimumTLS == .tls12)
        #expect(mistakes(listening("key_exchange: post-quantum-only\n  minimum_tls: 1.3")) == [])
        expectMistake(
            listening("key_exchange: post-quantum-only\n  minimum_tls: 1.2"), "4:3: listener.minimum_tls", "possible in TLS 1.3 only")
        expectMistake(listening("key_exchange: hybrid"), "3:17: listener.key_exchange", "is not one of `default`, `post-quantum-only`")
        #expect(
            try lines(listening("key_exchange: post-quantum-only")).first?
                .hasPrefix("Listens on 127.0.0.1:8443 with TLS 1.3 only and the key exchange X25519MLKEM768 only;") == true)
    }

    @Test("Hosts are names and addresses as a Host field has them, without ports (DT-13)")
    func hosts() throws {
        #expect(try read(minimal).listener.hosts == [])
        let written = "hosts: [API.Example.com, a_b, 10.0.0.1, \"2001:DB8::1\", \"[::1]\", localhost, \"*.Example.org\"]"
        #expect(
            try read(listening(written)).listener.hosts == [
                "api.example.com", "a_b", "10.0.0.1", "[2001:db8::1]", "[::1]", "localhost", "*.example.org",
            ])
        for bad in [
            "a:8443", "https://a", "a/b", "\"*.com\"", "\"*\"", "\"a.*.com\"", "\"*a.b.com\"", "\"*.10.0.0.1\"", "\"*.*.b.com\"", "a.", "é.example",
            "\"[::1]:1\"", "\"[a]\"", "a b", "\"\"", "[a]",
        ] {
            #expect(mistakes(listening("hosts: [\(bad)]")).map { $0.prefix { $0 != " " } } == ["3:11:"], "\(bad)")
        }
        expectMistake(listening("hosts: a"), "3:10: listener.hosts", "A list is expected")
        expectMistake(listening("hosts: []"), "3:10: listener.hosts", "The list is empty.")
        #expect(try lines(listening("hosts: [a, b]")).contains("Serves a, b and answers 421 to requests for other hosts."))
    }

    @Test("Trust is spelled out: there is no default, and no half of one")
    func trust() throws {
        #expect(try read(minimal).clientTrust != .any)
        #expect(try read(changed("trust: authorities\n  authorities: clients-ca.pem", to: "trust: any")).clientTrust == .any)
        let key = "client_certificates"
        expectMistake(changed("  trust: authorities\n", to: ""), "5:1: \(key).trust", "The key is missing.")
        expectMistake(changed("  authorities: clients-ca.pem\n", to: ""), "5:1: \(key).authorities", "The key is missing.")
        expectMistake(changed("trust: authorities", to: "trust: any"), "7:3: \(key).authorities", "no CA is looked at")
        expectMistake(changed("trust: authorities", to: "trust: authority"), "6:10: \(key).trust", "Did you mean `authorities`?")
        expectMistake(changed("trust: authorities", to: "trust: none"), "6:10: \(key).trust", "is not one of")
        expectMistake(changed("authorities: clients-ca.pem", to: "authorities: absent.pem"), "7:16: \(key).authorities", "There is no file")
        expectMistake(changed("authorities: clients-ca.pem", to: "authorities: empty.pem"), "7:16: \(key).authorities", "is empty")
        expectMistake(changed("authorities: clients-ca.pem", to: "authorities:"), "7:3: \(key).authorities", "has no value")
    }

    private func authorities(_ text: String) -> String { changed("authorities: clients-ca.pem", to: "authorities:\n\(text)") }

    private func trusted(_ yaml: String) throws -> [HoldfastConfiguration.Authorities] {
        guard case .authorities(let authorities, _) = try read(yaml).clientTrust else { return [] }
        return authorities
    }

    @Test("Several authorities, each with lists of its own, those for all, or none")
    func revocation() throws {
        let plain = try trusted(minimal)
        #expect(plain.count == 1 && plain[0].revocation == nil)
        let short = try trusted(changed("authorities: clients-ca.pem", to: "authorities: clients-ca.pem\n  revocation_lists: clients.crl"))
        #expect(short[0].revocation?.lists.map(\.path).map { $0.hasSuffix("clients.crl") } == [true])
        #expect(short[0].revocation?.scope == .chain && short[0].revocation?.whenStale == .refuse)
        let own = "    - {file: clients-ca.pem, revocation: {lists: [clients.crl], scope: leaf, when_stale: accept}}\n"
        let two = try trusted(authorities("    - clients-ca.pem\n\(own)"))
        #expect(two.map { $0.revocation != nil } == [false, true])
        #expect(two[1].revocation?.scope == .leaf && two[1].revocation?.whenStale == .accept)
        let both = try trusted(authorities("    - clients-ca.pem\n\(own)  revocation_lists: [clients.crl]\n"))
        #expect(both.map { $0.revocation?.scope } == [.chain, .leaf])
    }

    @Test("Lists are files and URLs, and in their place responders may be asked")
    func revocationPlaces() throws {
        let one = { (terms: String) in
            try self.trusted(self.authorities("    - {file: clients-ca.pem, revocation: {\(terms)}}\n")).first?.revocation
        }
        let both = try one("lists: [clients.crl, \"https://ca.example.com/ca.crl\"], refresh_lists: 5m")
        #expect(both?.lists.count == 1 && both?.urls.map(\.text) == ["https://ca.example.com/ca.crl"] && both?.refresh == .seconds(300))
        #expect(try one("lists: \"http://127.0.0.1:9/ca.crl\"")?.refresh == .seconds(3600) && both?.certificateAuthorities == nil)
        let own = "lists: [\"https://ca.example.com/ca.crl\"], certificate_authorities: as-ca.pem"
        #expect(try one(own)?.certificateAuthorities?.path.hasSuffix("as-ca.pem") == true)
        #expect(try read(authorities("    - {file: clients-ca.pem, revocation: {\(own)}}\n")).namedFiles.contains { $0.path.hasSuffix("as-ca.pem") })
        let asked = try one("ocsp: {responder: \"http://ocsp.example.com\"}")
        #expect(asked?.responders?.responder?.host == "ocsp.example.com" && asked?.lists.isEmpty == true && asked?.urls.isEmpty == true)
        #expect(asked?.responders?.cache == .seconds(3600) && asked?.responders?.timeout == .seconds(3) && asked?.whenStale == .refuse)
        let named = try one("ocsp: {from_certificate: [OCSP.example.com, \"127.0.0.1:8889\"], cache: 10m}, scope: leaf, when_unreachable: accept")
        #expect(named?.responders?.fromCertificate == ["ocsp.example.com", "127.0.0.1:8889"] && named?.responders?.responder == nil)
        #expect(named?.responders?.cache == .seconds(600) && named?.scope == .leaf && named?.whenStale == .accept)
    }

    @Test("Certificates for whatever use are taken by a word of their own, which is named as weaker, and the deny list may be empty")
    func usageAndDenyList() throws {
        guard case .authorities(_, .client) = try read(minimal).clientTrust else { return #expect(Bool(false)) }
        let any = changed("authorities: clients-ca.pem", to: "authorities: clients-ca.pem\n  usage: any")
        guard case .authorities(_, .any) = try read(any).clientTrust else { return #expect(Bool(false)) }
        #expect(try lines(any).contains { $0.hasPrefix("warning: client_certificates.usage is `any`") })
        let wrong = changed("authorities: clients-ca.pem", to: "authorities: clients-ca.pem\n  usage: server")
        expectMistake(wrong, "8:10: client_certificates.usage", "is not one of")
        let needless = changed("trust: authorities\n  authorities: clients-ca.pem", to: "trust: any\n  usage: any")
        expectMistake(needless, "7:3: client_certificates.usage", "no CA is looked at")
        let denying = changed("trust: authorities\n  authorities: clients-ca.pem", to: "trust: any\n  deny: empty.pem")
        #expect(try read(denying).denyList?.path.hasSuffix("empty.pem") == true)
        #expect(try lines(denying).contains { $0.hasPrefix("Lets nobody in who is listed in ") })
        expectMistake(denying.replacing("empty.pem", with: "absent"), "7:9: client_certificates.deny", "There is no file")
    }

    @Test("Intermediates, a file or a list, are lent to clients, and only where there are authorities (PKI-07)")
    func intermediates() throws {
        #expect(try read(minimal).intermediates == [])
        let one = changed("authorities: clients-ca.pem", to: "authorities: clients-ca.pem\n  intermediates: upstream-ca.pem")
        #expect(try read(one).intermediates.map(\.keyPath) == ["client_certificates.intermediates"])
        #expect(try lines(one).contains { $0.hasPrefix("Completes the paths of clients") && $0.hasSuffix("upstream-ca.pem.") })
        #expect(try read(one).namedFiles.contains { $0.path.hasSuffix("upstream-ca.pem") })
        #expect(try read(one.replacing("upstream-ca.pem", with: "[upstream-ca.pem, as-ca.pem]")).intermediates.count == 2)
        expectMistake(one.replacing("upstream-ca.pem", with: "absent.pem"), "8:18: client_certificates.intermediates", "There is no file")
        expectMistake(one.replacing("upstream-ca.pem", with: "empty.pem"), "8:18: client_certificates.intermediates", "empty")
        expectMistake(one.replacing("upstream-ca.pem", with: "[]"), "8:18: client_certificates.intermediates", "The list is empty")
        expectMistake(
            changed("trust: authorities\n  authorities: clients-ca.pem", to: "trust: any\n  intermediates: as-ca.pem"),
            "7:3: client_certificates.intermediates", "no CA is looked at")
    }

    @Test("How many intermediates a path may have is configured, said where it is not the usual number, and only where there are authorities")
    func maximumOfIntermediates() throws {
        #expect(try read(minimal).maxIntermediates == 4 && !lines(minimal).contains { $0.contains("intermediate") })
        let one = changed("authorities: clients-ca.pem", to: "authorities: clients-ca.pem\n  max_intermediates: 1")
        #expect(try read(one).maxIntermediates == 1)
        #expect(try lines(one).contains("Follows paths over at most 1 intermediate (client_certificates)."))
        expectMistake(
            changed("trust: authorities\n  authorities: clients-ca.pem", to: "trust: any\n  max_intermediates: 1"),
            "7:3: client_certificates.max_intermediates", "no CA is looked at")
    }

    @Test("What is wrong about revocation is told where it stands")
    func revocationMistakes() {
        let key = "client_certificates"
        expectMistake(
            changed("trust: authorities\n  authorities: clients-ca.pem", to: "trust: any\n  revocation_lists: [clients.crl]"),
            "7:3: \(key).revocation_lists", "no CA is looked at")
        expectMistake(
            authorities("    - {file: clients-ca.pem, revocation: {}}\n"), "8:30: \(key).authorities[0].revocation.lists", "The key is missing.")
        expectMistake(
            authorities("    - {file: clients-ca.pem, revocation: {lists: [absent.crl]}}\n"), "8:51: \(key).authorities[0].revocation.lists[0]",
            "There is no file")
        expectMistake(
            authorities("    - {file: clients-ca.pem, revocation: {lists: [clients.crl], scope: all}}\n"),
            "8:72: \(key).authorities[0].revocation.scope", "is not one of")
        expectMistake(
            authorities("    - {file: clients-ca.pem, revocation: {lists: [clients.crl], when_stale: pass}}\n"),
            "8:77: \(key).authorities[0].revocation.when_stale", "is not one of")
        for (terms, path, words) in [
            ("lists: [\"http://ca.example.com/ca.crl\"]", "lists[0]", "loopback addresses only"),
            ("lists: [\"ftp://ca.example.com/ca.crl\"]", "lists[0]", "not a scheme"),
            ("lists: [clients.crl], refresh_lists: 1h", "refresh_lists", "there is none"),
            ("lists: [clients.crl], certificate_authorities: as-ca.pem", "certificate_authorities", "there is none"),
            ("lists: [\"http://127.0.0.1:9/ca.crl\"], certificate_authorities: as-ca.pem", "certificate_authorities", "there is none"),
            ("lists: [\"https://ca.example.com/ca.crl\"], certificate_authorities: absent.pem", "certificate_authorities", "There is no file"),
            ("ocsp: {responder: \"http://o.example\"}, certificate_authorities: as-ca.pem", "certificate_authorities", "With `ocsp` there are no"),
            ("lists: [clients.crl], when_unreachable: accept", "when_unreachable", "For lists write `when_stale`"),
            ("lists: [clients.crl], ocsp: {responder: \"http://o.example\"}", "lists", "With `ocsp` there are no lists"),
            ("ocsp: {responder: \"http://o.example\"}, when_stale: accept", "when_stale", "write `when_unreachable`"),
            ("ocsp: {responder: \"http://o.example\"}, when_unreachable: pass", "when_unreachable", "is not one of"),
            ("ocsp: {}", "ocsp.responder", "The key is missing."), ("ocsp: {responder: o.example}", "ocsp.responder", "A URL such as"),
            ("ocsp: {from_certificate: [\"http://o.example\"]}", "ocsp.from_certificate[0]", "A host such as"),
            ("ocsp: {from_certificate: []}", "ocsp.from_certificate", "The list is empty"),
        ] {
            let found = mistakes(authorities("    - {file: clients-ca.pem, revocation: {\(terms)}}\n"))
            #expect(
                found.count == 1 && found.first?.contains(": \(key).authorities[0].revocation.\(path): ") == true
                    && found.first?.contains(words) == true, "\(terms): \(found)")
        }
        expectMistake(authorities("    - {revocation: {lists: [clients.crl]}}\n"), "8:7: \(key).authorities[0].file", "The key is missing.")
        expectMistake(authorities("    - absent.pem\n"), "8:7: \(key).authorities[0]", "There is no file")
        expectMistake(authorities("    []\n"), "8:5: \(key).authorities", "The list is empty.")
    }

    @Test("A connection has an age and a number of requests where they are written, and none by default")
    func connectionLife() throws {
        func listener(_ line: String) -> String { changed("private_key: server.key", to: "private_key: server.key\n  \(line)") }
        let plain = try read(minimal).listener
        #expect(plain.maxConnectionAge == nil && plain.maxConnectionRequests == nil && plain.proxyPeers == [])
        #expect(try read(listener("max_connection_age: 10m")).listener.maxConnectionAge == .seconds(600))
        #expect(try read(listener("max_connection_requests: 1000")).listener.maxConnectionRequests == 1000)
        expectMistake(listener("max_connection_age: 0s"), "5:23: listener.max_connection_age", "out of range")
        expectMistake(listener("max_connection_age: 169h"), "5:23: listener.max_connection_age", "out of range")
        expectMistake(listener("max_connection_requests: 0"), "5:28: listener.max_connection_requests", "out of range")
    }

    @Test("Load balancers that send a PROXY header are stated by address (PP-01)")
    func proxyProtocol() throws {
        func listener(_ line: String) -> String { changed("private_key: server.key", to: "private_key: server.key\n  proxy_protocol: \(line)") }
        let peers = try read(listener("{from: [10.0.0.0/8, \"::1\"]}")).listener.proxyPeers
        #expect(peers.map(\.description) == ["10.0.0.0/8", "::1"])
        #expect(
            try lines(listener("{from: [10.0.0.0/8]}"))[1]
                == "Takes the client's address from the PROXY header (version 1 or 2) of 10.0.0.0/8, whose connections must begin with one, and those of nobody else may."
        )
        expectMistake(listener("{from: [10.0.0.1/8]}"), "5:27: listener.proxy_protocol.from[0]", "bits beyond the range")
        expectMistake(listener("{from: [any]}"), "5:27: listener.proxy_protocol.from[0]", "An IP address or a range")
        expectMistake(listener("{from: []}"), "5:26: listener.proxy_protocol.from", "The list is empty.")
        expectMistake(listener("{}"), "5:3: listener.proxy_protocol.from", "The key is missing.")
        #expect(mistakes(listener("true")).count == 1)
        #expect(try warnings(listener("{from: [0.0.0.0/0]}")).contains { $0.hasPrefix("warning: listener.proxy_protocol.from has `0.0.0.0/0`: ") })
    }
}
