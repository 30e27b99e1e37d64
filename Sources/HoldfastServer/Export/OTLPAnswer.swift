import NIOCore
import ProtocolBuffers
import TokenValidation

/// What a collector makes of an export (OTLP 1.9, "OTLP/HTTP Response").
enum OTLPAnswer: Equatable {
    /// - Parameter rejected: how many it did not want.
    case taken(rejected: Int)
    /// It would not be taken the next time either.
    case refused(FetchFault)
    case later(FetchFault)

    init(_ result: Result<FetchedDocument, FetchFault>) {
        switch result {
        case .success(let document): self = .taken(rejected: Self.rejected(document.body))
        case .failure(.status(let status)): self = [429, 502, 503, 504].contains(status) ? .later(.status(status)) : .refused(.status(status))
        case .failure(let fault): self = .later(fault)
        }
    }

    /// `partial_success.rejected_spans`, or of data points. What cannot be read is taken for leave: the status says so.
    private static func rejected(_ body: [UInt8]) -> Int {
        guard case .octets(let partial)? = value(1, of: ByteBuffer(bytes: body)), case .number(let count)? = value(1, of: partial) else { return 0 }
        return Int(clamping: count)
    }

    private static func value(_ wanted: Int, of message: ByteBuffer) -> ProtobufReader.Value? {
        var reader = ProtobufReader(message)
        while let (field, value) = try? reader.next() { if field == wanted { return value } }
        return nil
    }
}
