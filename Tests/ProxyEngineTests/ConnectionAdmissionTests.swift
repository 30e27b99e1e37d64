import NIOCore
import ProxyEngine
import Testing

private typealias Admission = ConnectionAdmission<Int, String>

private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

/// In most tests each comes a second after the other, so that nobody is protected any more.
extension ConnectionAdmission<Int, String> {
    fileprivate mutating func enter(_ id: Int, from network: String) -> Entry { enter(id, from: network, at: start + .seconds(Int64(id))) }
    fileprivate mutating func wasAnswered(_ id: Int) { wasAnswered(id, at: start + .seconds(Int64(id))) }
    @discardableResult
    fileprivate mutating func proves(_ id: Int) -> Proof { hasProved(id) }
    fileprivate var isFull: Bool { room != .open }
    fileprivate var isMakingRoom: Bool { if case .makingRoom = room { true } else { false } }
}

@Suite("Who may connect")
struct ConnectionAdmissionTests {
    private func admission(connections: Int = 8, unproved: Int = 2, descriptors: Int = 100) -> Admission {
        Admission(Admission.Bounds(connections: connections, unproved: unproved, descriptors: descriptors))
    }

    @Test("whoever comes is let in while there is room")
    func room() {
        var admission = admission()
        let entry1 = admission.enter(1, from: "a")
        #expect(entry1 == .admitted(dismissed: nil))
        let entry2 = admission.enter(2, from: "a")
        #expect(entry2 == .admitted(dismissed: nil))
        #expect(admission.unproved == 2 && admission.open == 2 && !admission.isFull)
    }

    @Test("over the bound of those that have proved nothing the oldest goes")
    func oldest() {
        var admission = admission()
        for id in 1...2 { _ = admission.enter(id, from: "a") }
        let entry3 = admission.enter(3, from: "a")
        #expect(entry3 == .admitted(dismissed: 1))
        let entry4 = admission.enter(4, from: "a")
        #expect(entry4 == .admitted(dismissed: 2))
        #expect(admission.unproved == 2 && admission.open == 4, "those that are to go hold their sockets until they are closed")
    }

    @Test("who has proved something takes no place of theirs and is never dismissed")
    func proved() {
        var admission = admission()
        for id in 1...6 {
            _ = admission.enter(id, from: "a")
            admission.proves(id)
        }
        #expect(admission.unproved == 0)
        let entry5 = admission.enter(7, from: "a")
        #expect(entry5 == .admitted(dismissed: nil))
        let entry6 = admission.enter(8, from: "a")
        #expect(entry6 == .admitted(dismissed: nil))
        let entry7 = admission.enter(9, from: "a")
        #expect(entry7 == .admitted(dismissed: 7), "a full house, one of whom can go")
        admission.proves(8)
        admission.proves(9)
        let entry8 = admission.enter(10, from: "a")
        #expect(entry8 == .refused, "a full house of good clients")
    }

    @Test("those that sent nothing go before those that have sent a ClientHello, however long ago")
    func silentFirst() {
        var admission = admission()
        _ = admission.enter(1, from: "a")
        admission.wasAnswered(1)
        _ = admission.enter(2, from: "a")
        let entry9 = admission.enter(3, from: "a")
        #expect(entry9 == .admitted(dismissed: 2))
        let entry10 = admission.enter(4, from: "a")
        #expect(entry10 == .admitted(dismissed: 3))
        admission.wasAnswered(4)
        let entry11 = admission.enter(5, from: "a")
        #expect(entry11 == .admitted(dismissed: 1), "the older of two that have")
    }

    @Test("a flood from one network pushes out its own connections and not those of others")
    func ownFirst() {
        var admission = admission(connections: 100, unproved: 10)
        _ = admission.enter(0, from: "good")
        for id in 1...9 { _ = admission.enter(id, from: "flood") }
        for id in 10...60 {
            guard case .admitted(let dismissed?) = admission.enter(id, from: "flood") else {
                Issue.record("nobody went")
                return
            }
            #expect(dismissed == id - 9)
        }
        let entry12 = admission.enter(100, from: "good")
        #expect(entry12 == .admitted(dismissed: 52), "not the oldest of all, which is of another network")
    }

    @Test("what leaves gives its place back, whichever it had")
    func leaving() {
        var admission = admission(connections: 2, unproved: 2, descriptors: 3)
        _ = admission.enter(1, from: "a")
        admission.left(1)
        _ = admission.enter(2, from: "a")
        admission.proves(2)
        _ = admission.enter(3, from: "a")
        admission.proves(3)
        let entry13 = admission.enter(4, from: "a")
        #expect(entry13 == .refused && admission.isFull)
        admission.left(4)
        #expect(!admission.isFull && !admission.isMakingRoom)
        admission.left(2)
        let entry14 = admission.enter(5, from: "a")
        #expect(entry14 == .admitted(dismissed: nil))
        for id in [3, 5, 5, 99] { admission.left(id) }
        #expect(admission.open == 0 && admission.unproved == 0)
    }

    @Test("at the last socket that may be given out somebody goes, and nothing is accepted until he has gone")
    func descriptors() {
        var admission = admission(connections: 100, unproved: 50, descriptors: 3)
        for id in 1...2 {
            let entry = admission.enter(id, from: "a")
            #expect(entry == .admitted(dismissed: nil))
        }
        let entry15 = admission.enter(3, from: "a")
        #expect(entry15 == .admitted(dismissed: 1) && admission.isFull && admission.isMakingRoom)
        admission.left(1)
        #expect(!admission.isFull)
        for id in 2...3 { admission.proves(id) }
        let entry16 = admission.enter(4, from: "a")
        #expect(entry16 == .admitted(dismissed: nil), "the newcomer does not go for itself")
        #expect(admission.isFull && !admission.isMakingRoom)
    }

    @Test("one whose handshake was done before it could be closed may stay")
    func lateProof() {
        var admission = admission()
        for id in 1...2 { _ = admission.enter(id, from: "a") }
        let entry17 = admission.enter(3, from: "a")
        #expect(entry17 == .admitted(dismissed: 1))
        admission.proves(1)
        #expect(admission.unproved == 2 && admission.room == .open)
        admission.left(1)
        #expect(admission.open == 2)
    }

    @Test("a bound of one lets the newest in")
    func one() {
        var admission = admission(connections: 1, unproved: 1, descriptors: 1)
        let entry18 = admission.enter(1, from: "a")
        #expect(entry18 == .admitted(dismissed: nil) && admission.isFull)
        admission.left(1)
        let entry19 = admission.enter(2, from: "a")
        #expect(entry19 == .admitted(dismissed: nil))
    }

    @Test("nobody goes before there was time to read what it sent, and so long nothing more is accepted")
    func firstWord() {
        var admission = admission()
        for id in 1...3 {
            let entry = admission.enter(id, from: "a", at: start + .milliseconds(Int64(id)))
            #expect(entry == .admitted(dismissed: nil))
        }
        #expect(admission.unproved == 3 && admission.room == .makingRoom(until: start + .milliseconds(21)))
        let early = admission.relieve(at: start + .milliseconds(20))
        let due = admission.relieve(at: start + .milliseconds(21))
        #expect(early == nil && due == 1 && admission.room == .open)
        let again = admission.relieve(at: start + .seconds(1))
        #expect(again == nil, "there are no longer too many")
    }

    @Test("one that was to go and had sent something unread has its time, and others go")
    func kept() {
        var admission = admission()
        for id in 1...3 { _ = admission.enter(id, from: "a", at: start) }
        let first = admission.relieve(at: start + .milliseconds(20))
        admission.isKept(1, at: start + .milliseconds(30))
        #expect(first == 1 && admission.unproved == 3 && admission.room == .makingRoom(until: start + .milliseconds(20)))
        let second = admission.relieve(at: start + .milliseconds(30))
        admission.left(2)
        #expect(second == 2 && admission.room == .open && admission.unproved == 2)
        admission.isKept(2, at: start)
        admission.isKept(3, at: start)
        #expect(admission.open == 2 && admission.unproved == 2, "who has gone or was never to go is not kept")
    }

    @Test("one that has sent a ClientHello has time for its own flight")
    func flight() {
        var admission = admission()
        for id in 1...3 {
            _ = admission.enter(id, from: "a", at: start)
            admission.wasAnswered(id, at: start + .milliseconds(Int64(id)))
        }
        #expect(admission.room == .makingRoom(until: start + .milliseconds(201)), "the first")
        let early = admission.relieve(at: start + .milliseconds(200))
        admission.proves(1)
        #expect(early == nil && admission.room == .open)
    }

    @Test("room is where there was none as soon as one is proved or gone")
    func roomAgain() {
        for event in [{ $0.proves(2) }, { $0.left(2) }] as [(inout Admission) -> Void] {
            var admission = admission()
            for id in 1...3 { _ = admission.enter(id, from: "a", at: start) }
            #expect(admission.room != .open)
            event(&admission)
            #expect(admission.room == .open)
        }
    }

    @Test("those who were told to go count until they have, since they may stay after all")
    func goingCounts() {
        var admission = admission(connections: 10_000, unproved: 64, descriptors: 20_000)
        let most = ConnectionAdmission<Int, String>.Bounds(connections: 10_000, unproved: 64, descriptors: 20_000).mostUnproved
        #expect(most == 80)
        var dismissed: [Int] = []
        var id = 0
        while admission.room == .open, id < 1000 {
            id += 1
            if case .admitted(let other?) = admission.enter(id, from: "a") { dismissed.append(other) }
        }
        #expect(id == most + 1 && admission.room == .makingRoom(until: nil))
        for one in dismissed { admission.isKept(one, at: start + .seconds(2000)) }
        #expect(admission.unproved == most + 1 && admission.isMakingRoom)
        while let one = admission.relieve(at: start + .seconds(4000)) { admission.left(one) }
        #expect(admission.unproved == 64 && admission.room == .open)
    }

    @Test("a full house with somebody who has not had his time yet does not refuse the newcomer")
    func patience() {
        var admission = admission(connections: 2, unproved: 2)
        _ = admission.enter(1, from: "a", at: start)
        admission.proves(1)
        for id in 2...3 {
            let entry = admission.enter(id, from: "a", at: start)
            #expect(entry == .admitted(dismissed: nil))
        }
        #expect(admission.room == .makingRoom(until: start + .milliseconds(20)))
        let dismissed = admission.relieve(at: start + .milliseconds(20))
        #expect(dismissed == 2 && admission.room == .open)
        admission.left(2)
        admission.proves(3)
        let entry = admission.enter(4, from: "a", at: start)
        #expect(entry == .refused)
    }

    @Test("who was let in on trust goes as soon as the house is full of others, however short it was there")
    func trust() {
        var admission = admission(connections: 2, unproved: 2)
        for id in 1...3 { _ = admission.enter(id, from: "a", at: start) }
        let first = admission.proves(1)
        let second = admission.proves(2)
        #expect(first == .stays(dismissed: nil) && second == .stays(dismissed: 3))
        let third = admission.proves(3)
        #expect(third == .isTooMuch, "it was faster than its dismissal, but there is no room")
    }

    @Test("in any order of events the counts are those of a plain list")
    func anyOrder() {
        var random = SystemRandomNumberGenerator()
        var admission = admission(connections: 12, unproved: 5, descriptors: 14)
        var stages: [Int: String] = [:]
        for id in 0..<20_000 {
            if stages.count < 14 {
                switch admission.enter(id, from: "\(id % 3)") {
                case .refused:
                    #expect(!stages.values.contains("new"), "refused though somebody could have gone")
                    stages[id] = "going"
                case .admitted(let dismissed):
                    stages[id] = "new"
                    if let dismissed {
                        #expect(stages[dismissed] == "new" && dismissed != id)
                        stages[dismissed] = "going"
                    }
                }
            }
            if let someone = stages.keys.randomElement(using: &random) {
                switch Int.random(in: 0..<4, using: &random) {
                case 0: admission.wasAnswered(someone)
                case 3 where stages[someone] == "going" && stages.values.count { $0 == "new" } < 5:
                    admission.isKept(someone, at: start)
                    stages[someone] = "new"
                case 1:
                    switch admission.proves(someone) {
                    case .stays(let dismissed):
                        stages[someone] = "proved"
                        if let dismissed { stages[dismissed] = "going" }
                    case .isTooMuch: stages[someone] = "going"
                    }
                    #expect(stages.values.count { $0 == "proved" } <= 12)
                default:
                    admission.left(someone)
                    stages[someone] = nil
                }
            }
            #expect(admission.open == stages.count && (admission.isFull || stages.count < 14))
            #expect(admission.unproved == stages.values.count { $0 == "new" } && admission.unproved <= 5)
        }
    }

    @Test("A connection that a load balancer hands on counts for its client's network (PP-01)")
    func handedOn() {
        var admission = admission(connections: 12, unproved: 4, descriptors: 20)
        for id in 0..<4 { _ = admission.enter(id, from: "balancer") }
        for id in 0..<4 { admission.isFrom(id < 3 ? "greedy" : "modest", id) }
        // Of the network that has more than its share by what is known now.
        let entry = admission.enter(4, from: "balancer")
        #expect(entry == .admitted(dismissed: 0))
        admission.isFrom("other", 0)
        for id in 0..<5 { admission.left(id) }
        #expect(admission.open == 0 && admission.unproved == 0)
    }
}
