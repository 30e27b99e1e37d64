import NIOHTTP1

/// One row of a server's table of endpoints.
struct Endpoint: Sendable {
    /// What it is counted under, and made to fail by.
    let name: String
    let method: HTTPMethod
    let path: String
    let answer: @Sendable (LabRequest) async throws -> LabResponse

    init(
        _ name: String, _ method: HTTPMethod, _ path: String, answer: @escaping @Sendable (LabRequest) async throws -> LabResponse
    ) {
        self.name = name
        self.method = method
        self.path = path
        self.answer = answer
    }
}

/// A table of endpoints, in which every visit is counted and any endpoint can be made to fail.
struct EndpointTable: Sendable {
    let endpoints: [Endpoint]
    let board: FaultBoard
    /// What visits by this listener are counted under, besides the endpoint's name.
    var listener: String?

    func answer(_ request: LabRequest) async -> LabResponse {
        let there = endpoints.filter { $0.path == request.path }
        guard let endpoint = there.first(where: { $0.method == request.method }) else {
            return LabResponse(there.isEmpty ? .notFound : .methodNotAllowed, type: "text/plain", text: "no such endpoint\n")
        }
        do {
            let fault = board.enter(endpoint.name, listener: listener, request)
            defer { board.leave(endpoint.name) }
            if let delay = fault.delay { try await Task.sleep(for: delay) }
            var request = request
            request.fault = fault
            return try fault.written(over: await endpoint.answer(request), of: endpoint.name)
        } catch {
            return LabResponse(.badRequest, type: "text/plain", text: "\(error)\n")
        }
    }
}
