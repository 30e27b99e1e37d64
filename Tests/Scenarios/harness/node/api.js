// A small API on Node's own server: prints its port.
const http = require('http'), crypto = require('crypto');
const server = http.createServer((request, response) => {
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
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
