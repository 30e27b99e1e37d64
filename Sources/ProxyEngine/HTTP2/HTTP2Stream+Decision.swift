import AccessControl
import DecisionWire
import HTTPWire
import NIOCore
import ProtocolBuffers

/// A stream of a front's, which asks for a decision: a call of gRPC as Envoy makes it, or a request like those of HTTP/1.1.
extension HTTP2Stream {
    /// - Parameter head: which was just parsed into the generation's storage.
    func askForDecision(_ head: ByteBuffer, hasBody: Bool) {
        let generation = loop.generation
        head.withUnsafeReadableBytes { octets in
            isGRPC = generation.requestHead.contentType.map { GRPCRefusal.isAnswer(to: octets.slice($0)) } ?? false
            guard !isGRPC else {
                call = EnvoyCall(
                    path: octets.slice(generation.requestHead.path), limit: 2 * generation.settings.limits.head,
                    deadline: loop.now + generation.settings.headTimeout)
                return hasBody ? connection.callsChanged() : answerCall()
            }
            let request = RequestFacts(generation.requestHead, hasBody: hasBody, isHTTP2: true, front: .http)
            do throws(CheckFault) {
                let question = try ForwardAuthRequest.read(generation.requestHead, octets)
                let client = try client(of: question, by: .http)
                begin(request, from: client).begin(question)
            } catch {
                begin(request).refuseCheck(error)
            }
        }
    }

    /// Of the message's octets, which are copied: their place in the windows is free again.
    func receivedCall(_ data: ByteBuffer) {
        call?.received(data)
        connection.taken(data.readableBytes, of: id)
        if hasWholeBody { answerCall() }
    }

    private func client(of question: CheckQuestion, by front: FrontKind) throws(CheckFault) -> ConnectedClient {
        let now = loop.clock.seconds()
        if connection.client.isRefusedFront(under: loop.generation, now: now) { throw .frontRefused }
        return loop.decisions.client(of: question, by: front, under: loop.generation, now: now)
    }

    private func answerCall() {
        guard let call else { return }
        self.call = nil
        connection.callsChanged()
        switch call.method {
        case .unknown: end(message: nil, status: .unimplemented)
        case .health:
            // `HealthCheckResponse` with SERVING, or with NOT_SERVING: what is on its way is still judged.
            var response = ByteBuffer()
            response.writeProtobuf(1, varint: loop.isEnding ? 2 : 1)
            end(message: response)
        case .check:
            do throws(CheckFault) {
                let question = try call.question()
                let client = try client(of: question, by: .envoy)
                begin(.check(by: .envoy), from: client).begin(question)
            } catch {
                begin(.check(by: .envoy)).refuseCheck(error)
            }
        }
    }

    /// The decision, in the form that Envoy reads.
    func tell(_ answer: OwnAnswer, fields: [UInt8]) {
        var text = loop.buffers.take()
        defer { loop.buffers.giveBack(text) }
        answer.write(into: &text, fields: fields, isHead: false, closing: false)
        end(message: EnvoyCall.response(answer, fields: fields, as: text))
    }

    private func end(message: ByteBuffer?, status: GRPCRefusal.Status? = nil) {
        writeHead { HTTP2AnswerWriter.writeBlock(status: 200, fields: Array("content-type: application/grpc\r\n".utf8), to: &$0) }
        headReleased()
        if let message {
            var body = ByteBuffer()
            GRPCMessage.write(to: &body, message)
            passBody(body)
        }
        endAnswer(trailers: Array("grpc-status: \(status?.rawValue ?? 0)\r\n".utf8))
        flush(isWhole: true)
        if isDone { connection.answered(self) }
    }
}
