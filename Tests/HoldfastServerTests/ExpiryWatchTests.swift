import BindingPolicy
import Testing

@testable import HoldfastServer

@Suite("Warnings before certificates end: at 30, 7 and 1 days, once each")
struct ExpiryWatchTests {
    private let now = 1_800_000_000.0
    private let day = 86_400.0

    private func held(_ days: Double, _ key: String = "listener.certificate", _ octet: UInt8 = 1) -> HeldCertificate {
        HeldCertificate(
            key: key, thumbprint: Thumbprint(ofSHA256: [UInt8](repeating: octet, count: 32)), subject: "CN=\(octet)", notAfter: now + days * day)
    }

    @Test("Each bound is told of once, when it is passed, and the end too")
    func eachOnce() {
        var watch = ExpiryWatch()
        let certificate = held(40)
        var told: [(Double, ExpiryWatch.Stage)] = []
        for quarter in 0..<200 {
            let time = Double(quarter) / 4
            told += watch.look(at: [certificate], now: now + time * day).map { (time, $0.stage) }
        }
        #expect(told.map(\.0) == [10, 33, 39, 40.25] && told.map(\.1) == [.month, .week, .day, .over])
    }

    @Test("To the second")
    func bounds() {
        for (left, stage) in [(30 * day + 1, nil), (30 * day, .month), (7 * day + 1, .month), (7 * day, .week), (day, .day), (0, .day)]
            as [(Double, ExpiryWatch.Stage?)]
        {
            var watch = ExpiryWatch()
            #expect(watch.look(at: [held(left / day)], now: now).map(\.stage) == [stage].compactMap(\.self), "\(left)")
        }
    }

    @Test("At start where it stands is said once, and nothing of what has expired already, which `check` says too")
    func start() {
        var watch = ExpiryWatch()
        #expect(watch.look(at: [held(5), held(-1, "a", 2), held(300, "b", 3)], now: now).map(\.stage) == [.week])
        #expect(watch.look(at: [held(5), held(-1, "a", 2), held(300, "b", 3)], now: now + 60) == [])
        #expect(watch.look(at: [held(5)], now: now + 4 * day).map(\.stage) == [.day])
    }

    @Test("A renewed one is another; one that is taken away is forgotten; the same file read again is not news")
    func reloads() {
        var watch = ExpiryWatch()
        #expect(watch.look(at: [held(5)], now: now).count == 1)
        #expect(watch.look(at: [held(6, "listener.certificate", 9)], now: now).map(\.certificate.subject) == ["CN=9"])
        #expect(watch.look(at: [held(6, "listener.certificate", 9)], now: now) == [])
        #expect(watch.look(at: [held(5)], now: now).count == 1)
        // In two files it is to be renewed in both.
        #expect(watch.look(at: [held(5), held(5, "upstream.certificate"), held(5)], now: now).map(\.certificate.key) == ["upstream.certificate"])
    }

    @Test("A clock that is set back says nothing twice")
    func setBack() {
        var watch = ExpiryWatch()
        #expect(watch.look(at: [held(5)], now: now).count == 1)
        #expect(watch.look(at: [held(5)], now: now - 20 * day) == [])
        #expect(watch.look(at: [held(5)], now: now) == [])
    }

    @Test("The next to end comes first")
    func order() {
        var watch = ExpiryWatch()
        #expect(watch.look(at: [held(20, "a", 1), held(3, "b", 2), held(10, "c", 3)], now: now).map(\.certificate.key) == ["b", "c", "a"])
    }

    @Test("Authorities are told by number, the first names and the next end")
    func authorities() {
        let one = TrustedAuthorities(key: "k", [held(10)], now: now)
        #expect(one.fact == "k: 1 authority, CN=1, until 2027-01-25T08:00:00Z.")
        let many = TrustedAuthorities(key: "k", (1...7).map { held(Double($0) - 3, "k", $0) }, now: now)
        #expect(many.fact == "k: 7 authorities, CN=1; CN=2; CN=3; CN=4; CN=5 and 2 more, the first of them until 2027-01-15T08:00:00Z.")
        #expect(TrustedAuthorities(key: "k", [held(-2), held(-1, "k", 2)], now: now).until == now - day)
    }
}
