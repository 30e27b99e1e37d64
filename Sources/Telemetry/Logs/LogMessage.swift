package import Logging

/// Everything that Holdfast says of itself, each sentence once. They are static: what varies is metadata.
package enum LogMessage: String, CaseIterable, Sendable {
    // Start and end.
    case configurationWarning = "configuration"
    case descriptors
    case sandboxInForce = "sandbox: files are read only, and only where it was said at the start"
    case sandboxAbsent = "no sandbox: this process may read and write what its user may"
    case authorities
    case generation
    case adminListening = "admin endpoint listening"
    case decisionsListening = "listening for other proxies' questions"
    case metadataListening = "metadata listening"
    case listening
    case reloadRefused = "reload refused: nothing has changed, the generation in force stays"
    case configurationMistake = "mistake in the configuration"
    case restartNeeded = "changed, and in force only after a restart"
    case shuttingDown = "shutting down: not ready, still accepting"
    case draining
    case drainTimedOut = "drain timed out, the rest is cut"
    case stopped
    case failed

    // Accepting connections.
    case acceptingPaused = "accepting paused: no descriptor is left for another connection"
    case acceptingFailed = "accepting paused: the system has no descriptor or no memory for another connection"
    case acceptingResumed = "accepting goes on"
    case connectionsRefused = "connections refused: there are as many as there may be"
    case connectionsRefusedNoMore = "connections refused no more"
    case handshakesCrowded = "connections without a finished handshake are at their bound: the oldest are closed"
    case handshakesCrowdedNoMore = "connections without a finished handshake are below their bound"

    case handshakeRefused = "handshake refused"
    case connectionEnded = "connection of HTTP/2 ended for what its client did"

    // Issuers.
    case keysReplaced = "keys replaced"
    case keysNotFetched = "keys not fetched"
    case keysWithdrawn = "keys too old and withdrawn"
    case secretKeysPublished = "issuer publishes secret keys"
    case keysWarning = "keys of an issuer"
    case introspectionEndpointFound = "introspection endpoint found"
    case introspectionEndpointNotFound = "introspection endpoint not found"
    case introspectionFailed = "introspection failed"
    case introspectionSuspended = "introspection fails; the issuer is left alone for a while"
    case introspectionResumed = "introspection works again"

    // Revocation.
    case listsFetched = "revocation lists fetched"
    case listsNotFetched = "revocation lists not fetched"
    case statusNotAnswered = "no answer about the revocation of a certificate"

    // The upstream.
    case upstreamReachable = "upstream reachable"
    case upstreamUnreachable = "upstream unreachable"
    case upstreamFailed = "upstream failed"

    // The collector.
    case exportFailed = "the collector does not take what it is sent"
    case exportResumed = "the collector takes what it is sent"

    // What should not stay as it is.
    case certificateExpires = "a certificate expires soon"
    case certificateExpired = "a certificate has expired"
    case reportOnly = "report_only: requests that should be refused are forwarded"
    case logLinesLost = "log lines lost"

    /// How much of an operator's attention it is worth: `notice` is what changed and is well, `warning` what somebody should look at,
    /// `error` what is wrong now, `critical` the end.
    package var level: Logger.Level {
        switch self {
        case .descriptors, .authorities, .handshakeRefused: .info
        case .sandboxInForce, .generation, .adminListening, .decisionsListening, .metadataListening, .listening, .shuttingDown, .draining, .stopped,
            .acceptingResumed,
            .connectionsRefusedNoMore,
            .handshakesCrowdedNoMore, .keysReplaced, .listsFetched, .introspectionEndpointFound, .introspectionResumed, .upstreamReachable,
            .exportResumed:
            .notice
        case .sandboxAbsent, .configurationWarning, .restartNeeded, .drainTimedOut, .acceptingPaused, .acceptingFailed, .connectionsRefused,
            .handshakesCrowded,
            .keysNotFetched, .keysWarning, .listsNotFetched, .statusNotAnswered, .introspectionEndpointNotFound, .introspectionFailed,
            .upstreamUnreachable, .upstreamFailed, .reportOnly, .certificateExpires, .connectionEnded,
            .exportFailed:
            .warning
        case .reloadRefused, .configurationMistake, .keysWithdrawn, .secretKeysPublished, .introspectionSuspended, .logLinesLost, .certificateExpired:
            .error
        case .failed: .critical
        }
    }
}

extension Logger {
    /// Metadata never holds a token, a key or a field of a request.
    package func log(_ message: LogMessage, metadata: @autoclosure () -> Logger.Metadata? = nil) {
        log(level: message.level, "\(message.rawValue)", metadata: metadata())
    }
}
