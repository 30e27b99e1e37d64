import Foundation
import HoldfastConfiguration
import Testing

@testable import HoldfastServer

@Suite("What a process gives up")
struct SandboxTests {
    private func folders(_ path: String, _ links: [String: String] = [:]) -> Set<String> { LinkedFolders.of(path) { links[$0] } }

    @Test("A file is found beneath its folder, and where its links lead, now and after a change of theirs")
    func links() {
        #expect(folders("/a/b/c.pem") == ["/a/b"])
        #expect(folders("c.pem") == ["."])
        #expect(folders("a/c.pem", ["./a/c.pem": "d.pem"]) == ["a", "./a"])
        // As Kubernetes mounts a secret.
        #expect(folders("/s/tls.crt", ["/s/tls.crt": "..data/tls.crt", "/s/..data": "..2026"]) == ["/s", "/s/..2026"])
        // As certbot does.
        #expect(folders("/live/x/c.pem", ["/live/x/c.pem": "../../archive/x/c1.pem"]) == ["/live/x", "/live/x/../../archive/x"])
        #expect(folders("/a/now/c.pem", ["/a/now": "/releases/7"]) == ["/a/now", "/releases/7"])
        #expect(folders("/a/now/c.pem", ["/a/now": "r/7"]) == ["/a", "/a/now", "/a/r/7"])
    }

    @Test("A link in the root opens nothing beside it, and links in circles end")
    func edges() {
        #expect(folders("/lib/c.pem", ["/lib": "usr/lib"]) == ["/lib", "/usr/lib"])
        #expect(folders("/a/x", ["/a/x": "x"]) == ["/a"])
        #expect(folders("/c.pem") == ["/"])
    }

    @Test("The configuration's folder and those of all files that it names are read, issuers' keys included")
    func plan() throws {
        let workshop = try Workshop()
        let configuration = try workshop.blueprint().configuration
        var asked: [String] = []
        let plan = SandboxPlan(configuration) { path in
            asked.append(path)
            return ["/one"]
        }
        #expect(plan.own == ["/one"])
        for name in ["server.pem", "server.key", "ca.pem", "keys.json"] { #expect(asked.contains(workshop.path(name)), "\(name)") }
        #expect(asked.contains(configuration.file))
    }

    @Test("Every right that a kernel knows is denied, and none that it does not")
    func rights() {
        let bits = [1, 2, 3, 4, 5, 6, 7, 99].map {
            SandboxPlan.Rights.known(to: $0).trailingZeroBitCount + SandboxPlan.Rights.known(to: $0).nonzeroBitCount
        }
        #expect(bits == [13, 14, 15, 15, 16, 16, 16, 16])
        #expect([1, 5, 6, 7].map { SandboxPlan.Rights.scoped(by: $0) } == [0, 0, 2, 2])
    }

    @Test("Files beneath are read, others are not, and none is written", .enabled(if: Sandbox.isHere))
    func inForce() async throws {
        let (inside, outside) = (try Workshop(), try Workshop())
        let plan = SandboxPlan(try inside.blueprint().configuration)
        let findings = await withCheckedContinuation { continuation in
            // Of this thread alone, which ends with it.
            Thread.detachNewThread {
                func isOpened(_ path: String, _ mode: String) -> Bool { fopen(path, mode).map { fclose($0) } != nil }
                let before = isOpened(outside.path("ca.pem"), "r") && isOpened(inside.path("new"), "w")
                let sandbox = Sandbox.enter(plan)
                continuation.resume(
                    returning: (
                        before, sandbox, isOpened(inside.path("ca.pem"), "r"), isOpened("/etc/hosts", "r"), isOpened(outside.path("ca.pem"), "r"),
                        [inside.path("ca.pem"), inside.path("newer"), "/dev/null"].contains { isOpened($0, "w") }
                    ))
            }
        }
        guard case .inForce = findings.1 else {
            Issue.record("\(findings.1)")
            return
        }
        #expect(findings.0 && findings.2 && findings.3)
        #expect(!findings.4 && !findings.5)
    }

    @Test("Sockets are made where it was said, and nowhere else", .enabled(if: Sandbox.isHere))
    func sockets() async throws {
        let (inside, outside) = (try Workshop(), try Workshop())
        let plan = SandboxPlan(try inside.blueprint().configuration, sockets: [inside.path("s")])
        let findings = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                let sandbox = Sandbox.enter(plan)
                func isBound(_ path: String) -> Bool {
                    let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
                    defer { close(descriptor) }
                    var address = sockaddr_un()
                    address.sun_family = sa_family_t(AF_UNIX)
                    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
                    return withUnsafePointer(to: &address) {
                        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
                    } == 0
                }
                let (made, removed, elsewhere) = (isBound(inside.path("s")), unlink(inside.path("s")) == 0, isBound(outside.path("s")))
                continuation.resume(returning: (sandbox, made, removed, elsewhere, fopen(inside.path("f"), "w") != nil))
            }
        }
        #expect(findings.0 != .off && findings.1 && findings.2 && !findings.3 && !findings.4)
    }

    @Test("A reload that cannot read a file is told why, and another mistake is not")
    func hint() throws {
        let plan = SandboxPlan(try Workshop().blueprint().configuration) { _ in ["/one"] }
        let sandbox = Sandbox.inForce(abi: 7, plan)
        #expect(sandbox.hint(on: ["x", "The file `/two/a` may not be read by this user."])?.contains("after a restart") == true)
        #expect(sandbox.hint(on: ["The file `/two/a` is empty."]) == nil)
        #expect(Sandbox.off.hint(on: ["The file `/two/a` may not be read by this user."]) == nil)
    }
}

extension Sandbox {
    /// Whether this kernel has Landlock.
    fileprivate static var isHere: Bool {
        guard let configuration = try? Workshop().blueprint().configuration, case .inForce = Sandbox.foreseen(configuration) else { return false }
        return true
    }
}
