/// The request line, and the end of the head.
extension HTTP2HeadAssembly {
    /// What the pseudo-fields make, and Host where `:authority` has it.
    mutating func writeLine() {
        if case .answer = purpose { return writeStatusLine() }
        start = end
        switch pseudo.line(reader) {
        case .failure(let fault): self.fault = .malformed(fault)
        case .success(.origin(let method, let path)):
            put(method)
            put(" ")
            put(path)
        case .success(.connect(let authority)):
            opensTunnel = true
            put("CONNECT ")
            put(authority)
        case .success(.webSocket(let path)):
            opensWebSocket = true
            put("GET ")
            put(path)
        }
        put(" HTTP/1.1\r\n")
        if let authority = pseudo.authority {
            lines = 1
            put("host: ")
            put(authority)
            endLine()
        }
        if opensWebSocket { put("connection: upgrade\r\nupgrade: websocket\r\n") }
    }

    /// The end of a request's block.
    mutating func finish() {
        guard fault == nil, case .request(let endsStream, _) = purpose else { return }
        if start == nil { writeLine() }
        guard fault == nil else { return }
        guard hasHost || pseudo.authority != nil else {
            fault = .refused(.hostMissing)
            return
        }
        if endsStream, let contentLength, contentLength > 0 { fault = .malformed(.contentLengthDiffers) }
        if areCookiesScattered { joinCookies() }
        if !endsStream, contentLength == nil, !opensWebSocket, !opensTunnel { put("transfer-encoding: chunked\r\n") }
        endLine()
    }

    /// Other fields stood between them. Rare, so that they are looked for only then.
    private mutating func joinCookies() {
        var joined: [UInt8] = []
        var isFirst = true
        var position = start ?? end
        let upper = end
        end = position
        while position < upper {
            let lower = position
            while position < upper, reader.octetOrZero(position) != Octet.lf { position += 1 }
            position += 1
            let line = reader.octets(lower..<position)
            if line.starts(with: "cookie: ".utf8) {
                if !isFirst { joined += "; ".utf8 }
                joined += line.dropFirst(8).dropLast(2)
                isFirst = false
            } else {
                (base + end).copyMemory(from: base + lower, byteCount: line.count)
                end += line.count
            }
        }
        put("cookie: ")
        joined.withUnsafeBytes { put($0) }
        endLine()
    }

    var outcome: HTTP2RequestBlock {
        switch fault {
        case .malformed(let fault): .malformed(fault)
        case .refused(let fault): .refused(fault)
        case nil: .request(HTTP2RequestFacts(contentLength: contentLength, opensWebSocket: opensWebSocket))
        }
    }

    var trailerOutcome: HTTP2TrailerBlock {
        switch fault {
        case .malformed(let fault): .malformed(fault)
        case .refused(let fault): .refused(fault)
        case nil: .trailers
        }
    }

    /// Where the whole head stands; empty without one.
    var head: Range<Int> { fault == nil ? (start ?? end)..<end : 0..<0 }
}
