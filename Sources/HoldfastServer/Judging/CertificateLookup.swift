import ClientIdentity
import NIOCore
import NIOPosix
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
        // Cancelled only where the process ends.
        NIOThreadPool.singleton.submit { state in
            if case .active = state { _ = authenticator.review(certificate, now: now) }
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
