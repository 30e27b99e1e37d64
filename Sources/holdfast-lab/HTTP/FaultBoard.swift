import NIOHTTP1
import Synchronization

/// How often each endpoint was asked, and which of them fail at present.
final class FaultBoard: Sendable {
    enum Fault: String, Codable, Sendable, CaseIterable {
        case none
        /// 500.
        case error
        /// No answer at all.
        case hang
        /// 200 with something that is not JSON.
        case garbage
        /// 200 with a JSON object that holds nothing.
        case empty
    }

    private struct State {
        var visits: [String: Int] = [:]
        var faults: [String: Fault] = [:]
    }

    private let state = Mutex(State())

    var visits: [String: Int] { state.withLock { $0.visits } }

    func set(_ faults: [String: Fault]) { state.withLock { $0.faults.merge(faults) { $1 } } }

    /// Counts a visit; the answer where the endpoint is to fail.
    func visit(_ name: String) async throws -> LabResponse? {
        let fault = state.withLock {
            $0.visits[name, default: 0] += 1
            return $0.faults[name] ?? .none
        }
        switch fault {
        case .none: return nil
        case .error: return LabResponse(.internalServerError, type: "text/plain", text: "as asked\n")
        case .garbage: return LabResponse(.ok, type: "application/json", text: "{\"keys\": [")
        case .empty: return LabResponse(.ok, type: "application/json", text: name == "jwks" ? "{\"keys\":[]}" : "{}")
        case .hang:
            try await Task.sleep(for: .seconds(600))
            return nil
        }
    }
}
