package import AccessControl
package import BindingPolicy
package import HTTPWire

/// Decides about each request. One a loop; called on that loop alone, so it needs no lock.
package protocol RequestJudge: AnyObject {
    /// - Parameters:
    ///   - bytes: the octets that `head`'s ranges point into; not to be kept.
    ///   - now: seconds since 1970.
    ///   - client: told when a lookup ended, where the answer is `.later`; never from within this call.
    func judge(
        _ head: borrowing RequestHead, _ bytes: UnsafeRawBufferPointer, from peer: AuthenticatedPeer, now: Double,
        for client: any LookupClient
    ) -> Judgement

    /// Decides about a request whose lookup ended; the same head, peer and client as before, at a later time. One lookup may lead to
    /// another, and each request waits for a few of them at most.
    func conclude(
        _ head: borrowing RequestHead, _ bytes: UnsafeRawBufferPointer, from peer: AuthenticatedPeer, now: Double,
        after lookup: any PendingLookup, for client: any LookupClient
    ) -> Judgement
}

package enum Judgement {
    case refused(RequestFault)
    /// The one document that is ours to give.
    case document
    case decided(Decision)
    /// Others must be asked about the token first. The request waits, and costs its loop nothing meanwhile.
    case later(any PendingLookup)
}

/// A question about a request's token, or its client's certificate, that is under way.
package protocol PendingLookup: AnyObject {
    /// The client has gone: nobody waits for the answer any more. `lookupEnded` is then not called.
    func abandon()
}

/// Whose request waits.
package protocol LookupClient: AnyObject {
    /// On the loop, once.
    func lookupEnded()
}
