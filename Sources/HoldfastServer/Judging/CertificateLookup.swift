import ClientIdentity
import NIOCore
import ProxyEngine

/// A request's wait for a verdict on its client's certificate that takes longer than a loop may be held up. The loop's alone.
///
/// What is found is remembered by the authenticator, which is asked again afterwards.
final class CertificateLookup: PendingLookup {
    private var client: (any LookupClient)?

    init(
        _ certificate: ClientCertificate, by authenticator: ClientAuthenticator, now: Double, for client: any LookupClient,
        on eventLoop: any EventLoop
    ) {
        self.client = client
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        // Ends by the deadlines of what it asks.
        Task {
            await authenticator.settle(certificate, now: now)
            eventLoop.execute { bound.value.ended() }
        }
    }

    private func ended() {
        guard let client else { return }
        self.client = nil
        client.lookupEnded()
    }

    func abandon() { client = nil }
}
