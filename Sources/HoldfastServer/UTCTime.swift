#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// `2026-11-21T04:00:00Z`.
package enum UTCTime {
    package static func text(_ seconds: Double) -> String {
        guard let whole = Int(exactly: seconds.rounded(.down)) else { return "without an end" }
        var time = time_t(whole)
        var parts = tm()
        guard gmtime_r(&time, &parts) != nil else { return "\(whole) s since 1970" }
        var text = [CChar](repeating: 0, count: 32)
        let count = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
        return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
