// An API that answers in the way the request asks for, on the port it is given; over HTTP/2 in clear with `h2c`.
const http = require('http'), http2 = require('http2'), crypto = require('crypto');
const answer = (request, response) => {
  const hash = crypto.createHash('sha256');
  request.on('error', () => {});
  response.on('error', () => {});
  request.on('data', part => hash.update(part));
  request.on('end', () => {
    const { 'x-nonce': nonce, 'x-how': how, 'x-client-cert-sha256': thumbprint } = request.headers;
    const told = `${nonce} ${thumbprint} ${hash.digest('hex')}\n`;
    const drop = () => (response.stream || response.socket).destroy();
    switch (how) {
      case 'drop': return drop();
      case 'cut': response.writeHead(200); response.write(told); return setTimeout(drop, 5);
      case 'slow': return setTimeout(() => response.end(told), 30);
      case 'large': return response.end(told + 'x'.repeat(300000));
      case 'parts': for (let part = 0; part < 50; part++) response.write(part ? 'x'.repeat(100) : told); return response.end();
      default: response.writeHead(200, { 'Content-Length': told.length }); return response.end(told);
    }
  });
};
const [port, protocol] = process.argv.slice(2);
const server = protocol === 'h2c' ? http2.createServer(answer) : http.createServer(answer);
server.on('sessionError', () => {});
server.listen(Number(port), '127.0.0.1', () => console.log(port));
