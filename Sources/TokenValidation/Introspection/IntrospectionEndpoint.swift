import HTTPWire

/// Keeps the address of an issuer's introspection endpoint, from its metadata: looked at about hourly, sooner where the issuer does
/// not answer there, and kept while the metadata cannot be had.
struct IntrospectionEndpoint {
    static let timing: KeySetState.Timing = {
        var timing = KeySetState.Timing()
        timing.usualRefresh = 3600
        timing.longestRefresh = 3600
        timing.shortestRefresh = 3600
        timing.longestOutage = .infinity
        return timing
    }()

    let issuer: HTTPURL
    let byCertificate: Bool
    let reader: MetadataReader
    let time: KeySetKeeper.Time
    /// Signalled where the issuer does not answer at the address.
    let wakeup: Wakeup

    /// Ends when cancelled.
    func run(_ found: (Result<HTTPURL, KeySetKeeper.Fault>) -> Void) async {
        var state = KeySetState(timing: Self.timing)
        while !Task.isCancelled {
            switch state.next(now: time.now()) {
            case .wait(let until):
                if await wakeup.wait(until: until, time) { state.refreshWanted() }
            case .fetch:
                let outcome = await read()
                guard !Task.isCancelled else { return }
                switch outcome {
                case .success: state.succeeded(now: time.now(), maximumAge: nil)
                case .failure: state.failed(now: time.now())
                }
                found(outcome)
            // Never: an address does not become untrue by growing old.
            case .withdraw: break
            }
        }
    }

    private func read() async -> Result<HTTPURL, KeySetKeeper.Fault> {
        do throws(KeySetKeeper.Fault) {
            return .success(
                try await reader.read(of: issuer) { (json) throws(IssuerMetadata.Fault) in
                    try IssuerMetadata.introspectionEndpoint(in: json, of: issuer, byCertificate: byCertificate)
                })
        } catch {
            return .failure(error)
        }
    }
}
