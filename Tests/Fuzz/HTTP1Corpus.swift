/// What the HTTP/1.1 fuzzer starts from and mixes in.
enum HTTP1Corpus {
    /// Valid and nasty messages, some of them several in a row.
    static let messages: [[UInt8]] = texts.map { Array($0.utf8) }

    private static let texts = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a%2Fb//c/../d?x=%41;y HTTP/1.1\r\nHost: api.example.com:8443\r\nAccept: */*\r\nUser-Agent: fuzz\r\n\r\n",
        "\r\nGET /lead HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhelloGET /n HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\nA;x=y;z=\"q\"\r\n0123456789\r\n1\r\nz\r\n0;end\r\nX-T: v\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n",
        "POST /both HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /two HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST /te HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        "POST /cl HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        "POST /cl HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello",
        "POST /cl HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551617\r\n\r\nh",
        "GET https://b.example/x?y HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://b.example HTTP/1.0\r\n\r\n",
        "GET /old HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 5\r\n\r\n",
        "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
        "PURGE /x HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n",
        "GET /f HTTP/1.1\r\nHost: a\r\nX-Folded: one\r\n two\r\n\r\n",
        "GET /s HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET /u HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        "GET /n HTTP/1.1\r\nHost: a\r\nConnection: close, X-Client-Cert-SHA256, x-a\r\nX-A: 1\r\nX_Client.Cert_SHA256: forged\r\n\r\n",
        "GET /w HTTP/1.1\r\nHost:\ta \t\r\nEmpty:\r\nBlank: \t \r\nUtf: \u{e9}\u{20ac}\r\nX-Long-Name-That-Is-Longer-Than-Sixty-Four-Octets-To-Test-The-Limit-Of-Folding: v\r\n\r\n",
        "PUT /e HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
        "GET /l HTTP/1.1\nHost: a\n\n",
        "GET /d HTTP/1.1\r\nHost: a\r\nContent_Length: 5\r\nTransfer.Encoding: chunked\r\n\r\n",
        "PATCH /m HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nCookie: a=b; c=d\r\nContent-Length: 0\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
    ]

    /// Pieces that parsers are known to stumble over.
    static let fragments: [[UInt8]] = [
        "\r\n", "\n", "\r", "\r\n\r\n", " ", "\t", "\0", "\u{0b}", "\u{0c}", "\u{7f}", ":", ",", ";", "_", "#", "?", "@", "%",
        "\\", "\"", "//",
        "Host: b\r\n", "Content-Length: 5\r\n", "Content-Length: 0\r\n", "Content-Length:\r\n", "Content-Length: 5, 5\r\n",
        "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding:chunked , \r\n", "chunked",
        "identity",
        "Transfer-Encoding : chunked\r\n", "Transfer-Encoding\r\n : chunked\r\n", "Transfer_Encoding: chunked\r\n",
        "chunked, chunked",
        "Connection: close\r\n", "Connection: content-length\r\n", "Connection: ,, a ,\r\n", "Upgrade: h2c\r\n", "Expect: x\r\n",
        "X-Client-Cert-SHA256: x\r\n", " HTTP/1.1\r\n", " HTTP/1.0\r\n", "HTTP/2.0", "GET ", "POST ", "http://h/",
        "https://[::1]:1/",
        "0\r\n\r\n", "5\r\nhello\r\n", "0x5\r\n", "fffffffffffffffff\r\n", "7fffffffffffffff\r\n", "+5", "-1", "\u{e9}",
        "Trailer: x\r\n", "X: y\r\n z\r\n", "\r\n \t", "\n ", "5\nhello\n0\n\n", "Content-Length: 5, 5\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked, chunked\r\n", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "X: a\0b\rc\r\n",
    ].map { Array($0.utf8) }

    /// Inputs that once showed a fault; run first, each time.
    static let kept: [[UInt8]] = []
}
