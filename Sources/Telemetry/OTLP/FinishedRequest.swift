/// A request whose trace is recorded, once it is over: what its spans are made of. Times are nanoseconds since 1970.
package struct FinishedRequest {
    package struct Upstream {
        /// Hexadecimal, as the upstream was told.
        package let spanID: [UInt8]
        package let sent: UInt64
        package let address: String
        /// 0 where it did not answer.
        package var status = 0
        package var isHTTP2 = false

        package init(spanID: [UInt8], sent: UInt64, address: String) {
            (self.spanID, self.sent, self.address) = (spanID, sent, address)
        }
    }

    /// Hexadecimal, as they came.
    package var traceID: [UInt8]
    package var parentID: [UInt8]?
    package var spanID: SpanID
    package var began: UInt64
    package var ended: UInt64
    /// Empty where it could not be read.
    package var method: [UInt8]
    /// Without the query.
    package var path: [UInt8]
    package var route = ""
    package var status = 0
    /// Where it came by TLS of our own.
    package var isHTTP2: Bool?
    /// Who asked for the decision on it; nil where we forward it.
    package var front: String?
    package var tlsVersion: StaticString?
    package var isResumed: Bool?
    package var server: (host: String, port: Int)?
    package var client = ""
    package var reason: String?
    /// Nil where it was sent to none.
    package var upstream: Upstream?

    package enum SpanID {
        case number(UInt64)
        /// Hexadecimal, as the API was told.
        case told([UInt8])
    }

    package init(traceID: [UInt8], parentID: [UInt8]?, spanID: SpanID, began: UInt64, ended: UInt64, method: [UInt8], path: [UInt8]) {
        (self.traceID, self.parentID, self.spanID) = (traceID, parentID, spanID)
        (self.began, self.ended, self.method, self.path) = (began, ended, method, path)
    }
}
