import NIOCore
import NIOHTTP1
import Synchronization

/// How often each endpoint was asked, what it was asked last, and which of them answer wrongly at present.
final class FaultBoard: Sendable {
    /// A request as a test looks at it.
    struct SeenRequest: Encodable, Sendable {
        let method: String
        let path: String
        let query: String
        let headers: [[String]]
        let body: String
    }

    private struct State {
        var counts: [String: Int] = [:]
        var faults: [String: Fault] = [:]
        var last: [String: SeenRequest] = [:]
        var present: [String: Int] = [:]
    }

    private let state = Mutex(State())

    var counts: [String: Int] { state.withLock { $0.counts } }

    func last(_ name: String) -> SeenRequest? { state.withLock { $0.last[name] } }

    func set(_ faults: [String: Fault]) { state.withLock { $0.faults.merge(faults) { $1 } } }

    func count(_ name: String) { state.withLock { $0.counts[name, default: 0] += 1 } }

    /// Counts a visit, also under the listener's name where it has one; what is to be wrong with the answer.
    func enter(_ name: String, listener: String?, _ request: LabRequest) -> Fault {
        let seen = SeenRequest(
            method: request.method.rawValue, path: request.path, query: request.query, headers: request.headers.map { [$0.name, $0.value] },
            body: String(buffer: request.body))
        return state.withLock { state in
            state.counts[name, default: 0] += 1
            if let listener { state.counts["\(name)_\(listener)", default: 0] += 1 }
            let present = state.present[name, default: 0] + 1
            state.present[name] = present
            state.counts["\(name)_peak"] = max(present, state.counts["\(name)_peak"] ?? 0)
            state.last[name] = seen
            guard let fault = state.faults[name] else { return Fault() }
            if let times = fault.times {
                guard times > 0 else { return Fault() }
                state.faults[name]?.times = times - 1
            }
            return fault
        }
    }

    func leave(_ name: String) { state.withLock { $0.present[name, default: 1] -= 1 } }
}
