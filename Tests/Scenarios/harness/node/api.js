// A small API on Node's own server: prints its port. Over HTTP/2 in clear with `h2c`, over TLS with `h2 CERTIFICATE KEY`.
const fs = require('fs'), http = require('http'), http2 = require('http2'), crypto = require('crypto');
const answer = (request, response) => {
  const hash = crypto.createHash('sha256');
  request.on('data', part => hash.update(part));
  request.on('end', () => {
    if (request.url === '/none') { response.writeHead(204); return response.end(); }
    if (request.url === '/stream') {
      for (let part = 0; part < 100; part++) response.write('x'.repeat(1000));
      return response.end();
    }
    const body = `${hash.digest('hex')} ${request.headers['x-client-cert-sha256']}`;
    response.writeHead(200, { 'Content-Length': body.length });
    response.end(body);
  });
};
const [protocol, certificate, key] = process.argv.slice(2);
const server = protocol === 'h2'
  ? http2.createSecureServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) }, answer)
  : protocol === 'h2c' ? http2.createServer(answer) : http.createServer(answer);
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
