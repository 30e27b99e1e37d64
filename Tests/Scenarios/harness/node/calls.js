// Asks one address with each client of HTTP that Node has. A line of JSON for each: client, status, version, body.
const fs = require('fs'), tls = require('tls'), https = require('https'), http2 = require('http2');
const [address, folder, token, size] = process.argv.slice(2);
const identity = {
  ca: fs.readFileSync(`${folder}/ca.pem`), cert: fs.readFileSync(`${folder}/client-a.pem`), key: fs.readFileSync(`${folder}/client-a.key`),
};
const body = Buffer.alloc(Number(size), 'x');
const authorization = `Bearer ${token}`;
const told = (client, status, version, text) => console.log(JSON.stringify({ client, status, version, body: text }));

const byHTTPS = () => new Promise((done, failed) => {
  const request = https.request(`https://${address}/node`, { ...identity, method: 'POST', headers: { authorization } }, answer => {
    let text = '';
    answer.on('data', part => { text += part; });
    answer.on('end', () => { told('https', answer.statusCode, answer.httpVersion, text); done(); });
  });
  request.on('error', failed);
  request.end(body);
});

const byHTTP2 = () => new Promise((done, failed) => {
  const session = http2.connect(`https://${address}`, identity);
  session.on('error', failed);
  const request = session.request({ ':method': 'POST', ':path': '/node', authorization });
  let status = 0, text = '';
  request.on('response', head => { status = head[':status']; });
  request.on('data', part => { text += part; });
  request.on('end', () => { told('http2', status, '2', text); session.close(); done(); });
  request.on('error', failed);
  request.end(body);
});

const byFetch = async () => {
  // It has no way of its own to show a certificate.
  const connect = tls.connect;
  tls.connect = (options, ...rest) => connect({ ...options, ...identity }, ...rest);
  const answer = await fetch(`https://${address}/node`, { method: 'POST', headers: { authorization }, body });
  told('fetch', answer.status, '1.1', await answer.text());
};

(async () => { await byHTTPS(); await byHTTP2(); await byFetch(); })().catch(error => { console.error(error); process.exit(1); });
