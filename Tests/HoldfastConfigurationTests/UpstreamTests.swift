import HoldfastConfiguration
import Testing

@Suite("upstream and forward")
struct UpstreamTests {
    private func upstream(_ lines: String) -> String { changed("url: http://127.0.0.1:8080", to: lines) }
    private func forward(_ line: String) -> String { minimal + "forward:\n  \(line)\n" }

    @Test("An upstream is http, https or a socket")
    func destinations() throws {
        let cases: [(String, HoldfastConfiguration.Upstream.Destination)] = [
            ("http://localhost", .tcp(host: "localhost", port: 80)), ("http://127.0.0.1:8080/", .tcp(host: "127.0.0.1", port: 8080)),
            ("\"http://[::1]:81\"", .tcp(host: "::1", port: 81)), ("https://api.internal", .tcp(host: "api.internal", port: 443)),
            ("http+unix:///run/api.sock", .unix("/run/api.sock")),
        ]
        for (url, destination) in cases { #expect(try read(upstream("url: \(url)")).upstream.destination == destination) }
        #expect(try read(upstream("url: https://api.internal")).upstream.tls?.serverName == "api.internal")
    }

    @Test(
        "Other URLs are no upstream",
        arguments: [
            ("http://127.0.0.1:8080/api", "A path or query is not possible"), ("http://127.0.0.1?x", "A path or query is not possible"),
            ("127.0.0.1:8080", "A URL such as"), ("ws://127.0.0.1", "not a scheme"), ("http+unix://run/api.sock", "three slashes"),
            ("http+unix:///", "three slashes"), ("http://u@127.0.0.1", "User names"), ("http://127.0.0.1:0", "not a host name"),
            ("http+unix:///" + String(repeating: "x", count: 107), "107 octets"),
        ])
    func badURLs(url: String, words: String) { expectMistake(upstream("url: \(url)"), "12:8: upstream.url", words) }

    @Test("Cleartext to another host needs its own word")
    func cleartext() throws {
        for host in ["api", "10.0.0.1", "127.0.0.1.example.com", "api.localhost"] {
            expectMistake(upstream("url: http://\(host):80"), "12:8: upstream.url", "cleartext: allowed")
            expectMistake(upstream("url: http://\(host)\n  cleartext: loopback-only"), "12:8: upstream.url", "in clear")
            #expect(try read(upstream("cleartext: allowed\n  url: http://\(host)")).upstream.tls == nil)
        }
        expectMistake(upstream("url: http://127.0.0.1\n  cleartext: true"), "13:14: upstream.cleartext", "is not one of")
    }

    @Test("An https upstream can have its own CAs, our certificate and another name")
    func tls() throws {
        let lines =
            "url: https://10.0.0.1\n  certificate_authorities: as-ca.pem\n  certificate: server.pem\n  private_key: server.key\n  server_name: api.internal"
        let tls = try #require(try read(upstream(lines)).upstream.tls)
        #expect(tls.serverName == "api.internal" && tls.certificateAuthorities?.path == Folder.path + "/as-ca.pem")
        #expect(tls.identity?.privateKey.path == Folder.path + "/server.key")
        expectMistake(upstream("url: https://a\n  certificate: server.pem"), "13:3: upstream.certificate", "needs a `private_key`")
        expectMistake(upstream("url: https://a\n  private_key: server.key"), "13:3: upstream.private_key", "needs a `certificate`")
        expectMistake(upstream("url: https://a\n  server_name: 10.0.0.1"), "13:16: upstream.server_name", "not a host name")
        expectMistake(
            upstream("url: https://a\n  certificate_authorities: absent.pem"), "13:28: upstream.certificate_authorities", "There is no file"
        )
    }

    @Test("What only https has is a mistake elsewhere", arguments: ["certificate_authorities: as-ca.pem", "server_name: a"])
    func withoutTLS(line: String) {
        expectMistake(upstream("url: http://127.0.0.1\n  \(line)"), "13:3: upstream.\(line.prefix { $0 != ":" })", "has no effect")
        expectMistake(upstream("url: http+unix:///run/a\n  \(line)"), "13:3: upstream.\(line.prefix { $0 != ":" })", "has no effect")
    }

    @Test("Limits have their bounds")
    func limits() throws {
        let lines = "url: http://127.0.0.1\n  connect_timeout: 10ms\n  response_timeout: 1h\n  idle_timeout: 5m\n  max_connections: 65535"
        let one = try read(upstream(lines)).upstream
        #expect(
            one.connectTimeout == .milliseconds(10) && one.responseTimeout == .seconds(3600) && one.idleTimeout == .seconds(300)
                && one.maxConnections == 65535)
        expectMistake(upstream("url: http://127.0.0.1\n  connect_timeout: 0s"), "13:20: upstream.connect_timeout", "out of range")
        expectMistake(upstream("url: http://127.0.0.1\n  max_connections: all"), "13:20: upstream.max_connections", "A whole number")
        expectMistake(changed("upstream:\n  url: http://127.0.0.1:8080\n", to: ""), "1:1: upstream", "The key is missing.")
        expectMistake(upstream("connect_timeout: 1s"), "11:1: upstream.url", "The key is missing.")
    }

    @Test(
        "What an upstream may do wrong is a list of known words, each named by check; by default nothing",
        arguments: HoldfastConfiguration.Upstream.Tolerated.allCases)
    func tolerated(word: HoldfastConfiguration.Upstream.Tolerated) throws {
        let yaml = upstream("url: http://127.0.0.1\n  tolerate: [\(word.rawValue)]")
        #expect(try read(minimal).upstream.tolerated == [] && read(yaml).upstream.tolerated == [word])
        let named = try warnings(yaml)
        #expect(named.count == 1 && named[0].hasPrefix("warning: upstream.tolerate has `\(word.rawValue)`: "))
        expectMistake(
            upstream("url: http://127.0.0.1\n  tolerate: [\(word.rawValue), \(word.rawValue)]"),
            "13:\(16 + word.rawValue.count): upstream.tolerate[1]", "stands here twice")
    }

    @Test("Other words, and none, are mistakes")
    func intolerable() {
        expectMistake(upstream("url: http://127.0.0.1\n  tolerate: [bare_crlf]"), "13:14: upstream.tolerate[0]", "Did you mean `bare_lf`?")
        expectMistake(upstream("url: http://127.0.0.1\n  tolerate: []"), "13:13: upstream.tolerate", "The list is empty.")
        expectMistake(upstream("url: http://127.0.0.1\n  tolerate: bare_lf"), "13:13: upstream.tolerate", "A list is expected")
    }

    @Test("The trusted header is a name of its own")
    func thumbprintHeader() throws {
        for name in ["X-Client-Cert-SHA256", "ssl-client-fingerprint", "X_Thumb"] {
            #expect(try read(forward("thumbprint_header: \(name)")).forward.thumbprintHeader == name)
        }
        for name in [
            "Host", "content-length", "Transfer-Encoding", "Connection", "Authorization", "Cookie", "X-Forwarded-For", "X_Forwarded_Proto",
            "Content_Type", "Proxy-X", "Via", "DPoP",
        ] {
            expectMistake(forward("thumbprint_header: \(name)"), "14:22: forward.thumbprint_header", "a meaning of its own")
        }
        for name in ["a b", "\"a:\"", "é", "\"a\\r\\nb\"", "x(y)"] {
            #expect(mistakes(forward("thumbprint_header: \(name)")).count == 1)
        }
    }

    @Test("Further names to strip must leave a message behind")
    func strip() throws {
        #expect(try read(forward("strip: [X-A, x_b]")).forward.strip == ["X-A", "x_b"])
        for name in ["Host", "CONTENT-LENGTH", "transfer_encoding", "Connection", "TE"] {
            expectMistake(forward("strip: [X-A, \(name)]"), "14:16: forward.strip[1]", "could not be forwarded")
        }
        expectMistake(forward("strip: [Authorization]"), "14:11: forward.strip[0]", "authorization: remove")
        expectMistake(forward("strip: []"), "14:10: forward.strip", "The list is empty.")
        expectMistake(forward("strip: X-A"), "14:10: forward.strip", "A list is expected")
        expectMistake(forward("strip: [a b]"), "14:11: forward.strip[0]", "not a header name")
    }

    @Test("What is kept of the request is one of the known words")
    func words() throws {
        #expect(try read(forward("authorization: remove")).forward.authorization == .remove)
        #expect(try read(forward("client_address: none")).forward.clientAddress == HoldfastConfiguration.Forward.ClientAddress.none)
        for word in HoldfastConfiguration.Forward.ClientAddress.allCases {
            #expect(try read(forward("client_address: \(word.rawValue)")).forward.clientAddress == word)
        }
        #expect(try read(minimal).forward.via && read(minimal).forward.trace == .pass)
        #expect(try read(forward("trace: continue")).forward.trace == .continue)
        expectMistake(forward("trace: begin"), "14:10: forward.trace", "is not one of `pass`, `continue`")
        expectMistake(forward("trace: continue\n  strip: [TraceState]"), "14:3: forward.trace", "Remove it from `strip`")
        expectMistake(forward("trace: continue\n  keep: [traceparent]"), "15:10: forward.keep[0]", "carries the trace")
        expectMistake(
            forward("client_address: both\n  keep: [X-Forwarded-Port]"), "15:10: forward.keep[0]", "carries the client's address or what it asked for"
        )
        expectMistake(forward("via: maybe"), "14:8: forward.via", "true")
        #expect(try warnings(forward("via: false")).contains { $0.hasPrefix("warning: forward.via is false: ") })
        expectMistake(forward("authorization: drop"), "14:18: forward.authorization", "is not one of `keep`, `remove`")
        expectMistake(forward("client_address: x-forward"), "14:19: forward.client_address", "Did you mean `x-forwarded`?")
    }
}

@Suite("server_name: from-host")
struct UpstreamNameTests {
    private func configuration(_ hosts: String, _ more: String = "", name: String = "from-host") -> String {
        changed("address: 127.0.0.1:8443", to: "address: 127.0.0.1:8443\n  hosts: [\(hosts)]").replacing(
            "url: http://127.0.0.1:8080", with: "url: \"https://10.0.0.1\"\n  server_name: \(name)") + more
    }

    @Test("It is the host of each request, of those that are served")
    func hosts() throws {
        let tls = try #require(try read(configuration("a.example, b.example")).upstream.tls)
        #expect(tls.hosts == ["a.example", "b.example"] && tls.serverName == "a.example")
        #expect(try #require(try read(configuration("a.example", name: "c.example")).upstream.tls).hosts.isEmpty)
    }

    @Test(
        "Which must be known, and be names",
        arguments: [
            ("\"*.example.com\"", "", "without wildcards"), ("127.0.0.1", "", "without wildcards"),
            ("a.example", "forward: {host: upstream}\n", "`forward.host` replaces"),
        ])
    func mistaken(hosts: String, more: String, words: String) {
        #expect(mistakes(configuration(hosts, more)).contains { $0.contains(words) }, "\(mistakes(configuration(hosts, more)))")
        #expect(mistakes(minimal.replacing("url: http://127.0.0.1:8080", with: "url: \"https://10.0.0.1\"\n  server_name: from-host")).count == 1)
    }
}
