import HoldfastConfiguration
import NIOCore
import ProxyEngine
import Testing

@testable import HoldfastServer

@Suite("Sockets that are passed to us")
struct PassedSocketsTests {
    private let workshop: Workshop

    init() throws { workshop = try Workshop() }

    private func passed(_ count: String, _ names: String? = nil, for process: String = "7") throws(PassedSocketFault) -> PassedSockets {
        var environment = ["LISTEN_PID": process, "LISTEN_FDS": count]
        environment["LISTEN_FDNAMES"] = names
        return try PassedSockets(environment: environment, process: 7)
    }

    private func places(_ passed: PassedSockets, _ facts: SocketFacts, _ more: String = "") throws -> PassedSockets.Places {
        try passed.places(workshop.blueprint(more).configuration, facts: { _ in facts })
    }

    @Test("They are for the process that is named, in order, and a name that says nothing is the listener's")
    func names() throws {
        #expect(try passed("1").descriptors == [.listener: 3])
        #expect(try passed("1", "holdfast.socket").descriptors == [.listener: 3])
        #expect(try passed("3", "admin:listener:metadata").descriptors == [.admin: 3, .listener: 4, .metadata: 5])
        #expect(try passed("2", "admin").descriptors == [.admin: 3, .listener: 4])
        #expect(try passed("0").descriptors.isEmpty)
        #expect(try passed("1", for: "8").descriptors.isEmpty)
        #expect(try PassedSockets(environment: ["LISTEN_FDS": "1"], process: 7).descriptors.isEmpty)
    }

    @Test("What cannot be meant is refused")
    func faults() {
        #expect(throws: PassedSocketFault.several(.listener)) { try passed("2", "a.socket:b.socket") }
        #expect(throws: PassedSocketFault.several(.admin)) { try passed("2", "admin:admin") }
        for count in ["x", "-1", "65", ""] { #expect(throws: PassedSocketFault.count(count)) { try passed(count) } }
    }

    @Test("One that listens where the configuration says is used; any other is refused, and so is one that nobody asked for")
    func places() throws {
        let configured = try workshop.blueprint().configuration.listener.address
        let port = configured.port == 0 ? 8443 : configured.port
        let facts = SocketFacts(isListeningStream: true, address: try SocketAddress(ipAddress: configured.host, port: port))
        #expect(try places(passed("1"), facts).listener == .passed(3))
        #expect(try places(passed("0"), facts).listener == .address(host: configured.host, port: configured.port))
        #expect(throws: PassedSocketFault.notListening(.listener, 3)) {
            try places(passed("1"), SocketFacts(isListeningStream: false, address: facts.address))
        }
        #expect(throws: PassedSocketFault.notListening(.listener, 3)) {
            try places(passed("1"), SocketFacts(isListeningStream: true, address: nil))
        }
        let everywhere = SocketFacts(isListeningStream: true, address: try SocketAddress(ipAddress: "::", port: port))
        #expect(throws: PassedSocketFault.elsewhere(.listener, is: "[::]:\(port)", configured: "\(configured)")) {
            try places(passed("1"), everywhere)
        }
        #expect(throws: PassedSocketFault.unwanted(.admin)) { try places(passed("1", "admin"), facts) }
        let admin = SocketFacts(isListeningStream: true, address: try SocketAddress(ipAddress: "127.0.0.1", port: 9901))
        let both = try places(passed("1", "admin"), admin, "admin: {address: \"127.0.0.1:9901\"}")
        #expect(both.admin == .passed(3) && both.listener == .address(host: configured.host, port: configured.port))
    }
}
