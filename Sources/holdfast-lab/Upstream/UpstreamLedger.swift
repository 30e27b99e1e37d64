import Foundation
import NIOCore
import Synchronization

/// What has reached the upstream so far: the counts behind `/_lab/count`, and the recording.
final class UpstreamLedger: Sendable {
    struct Counts: Encodable, Sendable {
        var connections = 0
        var open = 0
        var requests = 0
        var octets = 0
    }

    private let counts = Mutex(Counts())
    private let recording: FileHandle?

    /// - Parameter path: a file to which every octet received is appended, in the order of arrival over all connections.
    init(recordingTo path: String?) throws {
        if let path {
            if !FileManager.default.fileExists(atPath: path) { _ = FileManager.default.createFile(atPath: path, contents: nil) }
            guard let file = FileHandle(forWritingAtPath: path) else { throw LabError("cannot write \(path)") }
            _ = try file.seekToEnd()
            recording = file
        } else {
            recording = nil
        }
    }

    var current: Counts { counts.withLock { $0 } }

    /// The number of the new connection, from 1.
    func opened() -> Int {
        counts.withLock {
            $0.connections += 1
            $0.open += 1
            return $0.connections
        }
    }

    func closed() { counts.withLock { $0.open -= 1 } }

    func requested() { counts.withLock { $0.requests += 1 } }

    func received(_ octets: ByteBuffer) throws {
        try counts.withLock {
            $0.octets += octets.readableBytes
            try recording?.write(contentsOf: Data(octets.readableBytesView))
        }
    }
}
