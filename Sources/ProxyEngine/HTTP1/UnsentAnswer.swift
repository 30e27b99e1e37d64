import Glibc
import NIOCore

/// Octets that a client which ended its side has not read yet, and until when they are waited for: as long as it advances.
struct UnsentAnswer {
    private var octets = 0
    private var end = NIODeadline.distantFuture

    /// - Parameter patience: without an octet read.
    /// - Returns: when to look again.
    mutating func look(_ left: Int, at now: NIODeadline, patience: TimeAmount) -> NIODeadline {
        if left != octets {
            octets = left
            end = now + patience
        }
        return min(now + EngineSettings.unsentInterval, end)
    }

    func isAdvancing(at now: NIODeadline) -> Bool { octets > 0 && now < end }
}

extension Channel {
    /// Octets that the kernel still holds for the peer: not sent, or not acknowledged. On its loop; 0 where it cannot be told.
    var unacknowledgedOctets: Int {
        let octets = try? pipeline.syncOperations.withUnsafeTransportIfAvailable(of: CInt.self) { socket in
            var octets: CInt = 0
            return ioctl(socket, UInt(TIOCOUTQ), &octets) == 0 ? Int(octets) : 0
        }
        return octets ?? 0
    }
}
