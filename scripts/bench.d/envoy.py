"""Envoy configured for the same work: mutual TLS, jwt_authn with its token cache, `cnf` compared in Lua."""
import json
import os

LUA = """
local alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
local function base64url_from_hex(hex)
  local out, bits, rest = {}, 0, 0
  for i = 1, #hex, 2 do
    rest = rest * 256 + tonumber(hex:sub(i, i + 1), 16)
    bits = bits + 8
    while bits >= 6 do
      bits = bits - 6
      local digit = math.floor(rest / 2 ^ bits)
      out[#out + 1] = alphabet:sub(digit + 1, digit + 1)
      rest = rest - digit * 2 ^ bits
    end
  end
  if bits > 0 then
    local digit = rest * 2 ^ (6 - bits)
    out[#out + 1] = alphabet:sub(digit + 1, digit + 1)
  end
  return table.concat(out)
end
local thumbprints = {}
function envoy_on_request(handle)
  handle:headers():remove('x-client-cert-sha256')
  local tls = handle:streamInfo():downstreamSslConnection()
  if tls == nil then handle:respond({[':status'] = '401'}, '') return end
  local hex = tls:sha256PeerCertificateDigest()
  local thumbprint = thumbprints[hex]
  if not thumbprint then thumbprint = base64url_from_hex(hex) thumbprints[hex] = thumbprint end
  local metadata = handle:streamInfo():dynamicMetadata():get('envoy.filters.http.jwt_authn')
  local claims = metadata and metadata['claims']
  local confirmation = claims and claims['cnf']
  if not confirmation or confirmation['x5t#S256'] ~= thumbprint then handle:respond({[':status'] = '401'}, '') return end
  handle:headers():add('x-client-cert-sha256', thumbprint)
end
"""


def extension(name, path, **fields):
    return {"name": name, "typed_config": {"@type": f"type.googleapis.com/envoy.extensions.{path}"} | fields}


def configuration(directory, port, upstream_port, lists=False):
    """The whole static configuration as JSON; `directory` holds the fixtures."""
    def file(name):
        return {"filename": os.path.join(directory, name)}

    def address(number):
        return {"address": {"socket_address": {"address": "127.0.0.1", "port_value": number}}}

    with open(os.path.join(directory, "jwks.json")) as key_file:
        keys = key_file.read()
    tls = extension(
        "tls", "transport_sockets.tls.v3.DownstreamTlsContext", require_client_certificate=True, common_tls_context={
            "tls_params": {"ecdh_curves": ["X25519MLKEM768", "X25519", "P-256"]},
            "alpn_protocols": ["h2", "http/1.1"],
            "tls_certificates": [{"certificate_chain": file("server.pem"), "private_key": file("server.key")}],
            "validation_context": {"trusted_ca": file("ca.pem")} | ({"crl": file("ca.crl")} if lists else {})})
    provider = {"issuer": "https://as.example", "audiences": ["api"], "forward": True, "payload_in_metadata": "claims",
                "jwt_cache_config": {"jwt_cache_size": 1000}, "local_jwks": {"inline_string": keys}}
    filters = [
        extension("envoy.filters.http.jwt_authn", "filters.http.jwt_authn.v3.JwtAuthentication", providers={"as": provider},
                  rules=[{"match": {"prefix": "/"}, "requires": {"provider_name": "as"}}]),
        extension("envoy.filters.http.lua", "filters.http.lua.v3.Lua", default_source_code={"inline_string": LUA}),
        extension("envoy.filters.http.router", "filters.http.router.v3.Router")]
    manager = extension(
        "manager", "filters.network.http_connection_manager.v3.HttpConnectionManager", stat_prefix="in", codec_type="AUTO",
        http_filters=filters, route_config={"virtual_hosts": [
            {"name": "all", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "upstream", "timeout": "0s"}}]}]})
    return json.dumps({"static_resources": {
        "listeners": [{"name": "in"} | address(port) | {"filter_chains": [{"transport_socket": tls, "filters": [manager]}]}],
        "clusters": [{"name": "upstream", "type": "STATIC", "connect_timeout": "5s", "load_assignment": {
            "cluster_name": "upstream", "endpoints": [{"lb_endpoints": [{"endpoint": address(upstream_port)}]}]}}]}}, indent=1)
