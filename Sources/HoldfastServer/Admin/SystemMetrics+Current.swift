import Telemetry
import Timekeeping

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

extension SystemMetrics {
    /// As the kernel tells it; 0 where it does not.
    static func current() -> SystemMetrics {
        var metrics = SystemMetrics()
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        // proc_pid_stat(5): the second field is a name in parentheses and may hold anything; those counted here are behind it.
        let fields = text("/proc/self/stat").reversed().prefix { $0 != ")" }.reversed().split(separator: " ")
        func number(_ field: Int) -> Double { fields.indices.contains(field - 3) ? Double(String(fields[field - 3])) ?? 0 : 0 }
        if ticks > 0 {
            metrics.cpuSeconds = (number(14) + number(15)) / ticks
            let uptime = text("/proc/uptime").split(separator: " ").first.flatMap { Double($0) } ?? 0
            metrics.startTime = WallClock.seconds() - uptime + number(22) / ticks
        }
        metrics.residentOctets = Int(number(24)) * Int(sysconf(Int32(_SC_PAGESIZE)))
        metrics.descriptors = entries("/proc/self/fd")
        metrics.descriptorLimit = DescriptorLimit.effective
        return metrics
    }

    /// Of a file of the kernel's, its first 4 KiB.
    private static func text(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var octets = [UInt8](repeating: 0, count: 4096)
        let count = fread(&octets, 1, octets.count, file)
        return String(decoding: octets.prefix(count), as: UTF8.self)
    }

    /// Without the one that the look itself opens.
    private static func entries(_ path: String) -> Int {
        guard let folder = opendir(path) else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) { if entry.pointee.d_name.0 != UInt8(ascii: ".") { count += 1 } }
        return max(0, count - 1)
    }
}
