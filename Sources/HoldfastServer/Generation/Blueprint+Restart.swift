import HoldfastConfiguration

extension Blueprint {
    /// Keys whose value is another than that of the configuration which this process began with, and which it keeps until it is restarted:
    /// sockets that are bound, threads that run and what was shared out among them.
    func keysWaitingForRestart(since start: Blueprint) -> [String] {
        let (now, then) = (configuration, start.configuration)
        let pairs: [(String, Bool)] = [
            ("listener.address", now.listener.address == then.listener.address),
            ("listener.reuse_port", now.listener.reusePort == then.listener.reusePort),
            ("listener.max_connections", now.listener.maxConnections == then.listener.maxConnections),
            ("listener.max_handshakes", now.listener.maxHandshakes == then.listener.maxHandshakes),
            ("admin.address", now.admin == then.admin),
            ("resource.metadata_address", now.resource?.metadataAddress == then.resource?.metadataAddress),
            ("decision.address", now.decisions?.place.description == then.decisions?.place.description),
            ("decision.max_connections", now.decisions?.maxConnections == then.decisions?.maxConnections),
            ("process.sandbox", now.sandbox == then.sandbox),
            ("threads", now.loopCount == then.loopCount),
            ("log.level", logLevel == start.logLevel),
            ("log.format (of messages)", logFormat == start.logFormat),
        ]
        return pairs.filter { !$0.1 }.map(\.0)
    }
}
