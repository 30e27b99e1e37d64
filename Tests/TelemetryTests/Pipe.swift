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
