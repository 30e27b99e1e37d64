#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

func openPipe(_ ends: inout [CInt]) -> Bool { pipe(&ends) == 0 }

func closePipe(_ ends: [CInt]) { for end in ends { close(end) } }

func readPipe(_ end: CInt, count: Int) -> String {
    var octets = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
        let more = octets.withUnsafeMutableBytes { read(end, $0.baseAddress?.advanced(by: filled), count - filled) }
        guard more > 0 else { break }
        filled += more
    }
    return String(decoding: octets.prefix(filled), as: UTF8.self)
}

func openFile(_ path: String) -> CInt? {
    let descriptor = open(path, O_WRONLY)
    return descriptor >= 0 ? descriptor : nil
}

/// A pipe with a name, whose reader may leave and come back.
final class Fifo {
    private let path = "/tmp/holdfast-test-\(getpid())-\(UInt32.random(in: .min ... .max))"
    let writer: CInt
    private var reader: CInt

    init?() {
        // A reader that went away is an error of a write here, and not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        guard mkfifo(path, 0o600) == 0 else { return nil }
        reader = open(path, O_RDONLY | O_NONBLOCK)
        writer = open(path, O_WRONLY)
        guard reader >= 0, writer >= 0, fcntl(reader, F_SETFL, 0) == 0 else { return nil }
    }

    func read(_ count: Int) -> String { readPipe(reader, count: count) }

    func closeReader() { close(reader) }

    func openReader() { reader = open(path, O_RDONLY) }

    func remove() {
        closePipe([reader, writer])
        unlink(path)
    }
}
