"""What a client may not say, and what the upstream sees instead (requirements J and K; the names of section 3 of the lessons)."""
import random

import pytest

# Every name of the list, those with a pattern by some of their members.
FORBIDDEN = """
Client-Cert Client-Cert-Chain X-Forwarded-Client-Cert X-Forwarded-Tls-Client-Cert X-Forwarded-Tls-Client-Cert-Info
ssl-client-cert ssl-client-verify ssl-client-subject-dn ssl-client-issuer-dn SSL_CLIENT_CERT ssl_client_escaped_cert SSL_CLIENT_S_DN
SSL_CLIENT_VERIFY ssl_session_id ssl_cipher ssl_cipher_usekeysize X-SSL X-SSL-Client-Verify X-SSL-Client-DN X-SSL-Client-CN
X-SSL-Client-Cert X-SSL-Client-SHA1 X-SSL-Client-SHA2 X-SSL-Client-SAN X-SSL-Issuer X-SSL-Client-NotBefore X-SSL-Session_ID X-SSL-Cert
CERT_0 CERT_1 SSL_CERT_CHAIN_0 CERT_CHAIN_0 X-Client-Cert X-Client-Cert-Subject X-Client-Certificate X-Client-Verify Client-Certificate
TLS-Certificate X-Client-Cert-Present X-Client-Cert-Chain-Verified X-Client-Cert-Error X-Client-Cert-Sha256-Fingerprint
X-Client-Cert-Serial-Number X-Client-Cert-Spiffe X-Client-Cert-Uri-Sans X-Client-Cert-Dnsname-Sans X-Client-Cert-Valid-Not-Before
X-Amzn-Mtls-Clientcert X-Amzn-Mtls-Clientcert-Leaf X-Amzn-Mtls-Clientcert-Subject X-Amzn-Mtls-Clientcert-Issuer
X-Amzn-Mtls-Clientcert-Serial-Number X-Amzn-Mtls-Clientcert-Validity x-amzn-oidc-data x-amzn-oidc-identity x-amzn-oidc-accesstoken
X-Amzn-Tls-Version X-ARR-ClientCert X-MS-CLIENT-PRINCIPAL X-MS-CLIENT-PRINCIPAL-ID X-MS-TOKEN-AAD-ACCESS-TOKEN
Cf-Client-Cert-Der-Base64 Cf-Client-Cert-Sha256 Cf-Client-Cert-Verified Cf-Client-Cert-Serial Cf-Access-Jwt-Assertion Client-To-Edge
X-WSO2-CLIENT-CERTIFICATE x-wso2-mutual-auth-cert x-wso2-transport-cert WL-Proxy-Client-Cert WL-Proxy-SSL WL-Proxy-Client-IP
Proxy-Client-Cert $WSCC $WSCS $WSIS $WSSC $WSRA Proxy-auth-cert Proxy-ssl-id l5d-client-id l5d-dst-override X-Ssl-Cert
X-Ssl-Cert-Chain-1 X-Forwarded-User X-Forwarded-Email X-Forwarded-Groups X-Forwarded-Preferred-Username X-Forwarded-Access-Token
X-Auth-Request-User X-Auth-Request-Email Remote-User Remote-Groups Remote-Email Remote-Name X-Remote-User X-Remote-User-Id
X-WEBAUTH-USER OIDC_CLAIM_sub OAUTH2_CLAIM_sub X-Userinfo X-ID-Token X-Access-Token X-Refresh-Token X-Raw-ID-Token X-Consumer-ID
X-Consumer-Username X-Credential-Identifier X-Authenticated-Userid X-Authenticated-Scope X-Anonymous-Consumer
X-Pomerium-Jwt-Assertion X-Goog-IAP-JWT-Assertion X-Goog-Authenticated-User-Email Tailscale-User-Login Teleport-Jwt-Assertion
X-Jwt-Claim-Sub X-Original-URL X-Rewrite-URL X-Forwarded-Uri X-Forwarded-Method X-Forwarded-Prefix Forwarded X-Forwarded-Host
X-Forwarded-Port X-HTTP-Method-Override X-Client-Cert-SHA256 X-Real-IP True-Client-IP Proxy
X-Remote-Group X-Remote-Extra-Scopes Impersonate-User Impersonate-Group Impersonate-Extra-x X-ClientCert X-Client-DN X-Client-CN
X-Client-Subject X-Client-Issuer X-Client-Serial X-Client-Fingerprint X-TLS-Client-Cert X-Mtls-Cert X-Peer-Certificate X-SPIFFE-ID
X-Endpoint-API-UserInfo X-Apigateway-Api-Userinfo X-authentik-username X-Vouch-User SM_USER SM_USERDN iv-user iv-groups iv-creds
OAM_REMOTE_USER X-Appengine-User-Email Dapr-Caller-App-Id X-Envoy-Internal X-Envoy-Peer-Metadata Txn-Token Workload-Identity-Token
Workload-Proof-Token X-Scope-OrgID X-Auth-User Cf-Access-Authenticated-User-Email X-Teleport-Rewrite X-Proxy-User Shib-Session-ID
""".split()

# Names that are near to forbidden ones, and everybody's own.
ALLOWED = """
X-Client X-Clients X-Certificate-Request Clientcert Client X-Forward X-User Accept User-Agent X-Request-ID Content-Language
X-Amz-Date X-Amz-Content-Sha256 x-ms-date x-ms-client-request-id tracestate baggage b3 X-Goog-Api-Client X-Api-Key X-Api-Version
X-Client-Version X-Auth-Token X-CSRF-Token x-v PSU-ID X-JWS-Signature Signature-Input Api-Key Grpc-Timeout SMS Ivory
X-Remote-Control Remote X-SSLess X-Consumer CertainlyNot X-Fapi-Interaction-Id X-Fapi-Customer-Ip-Address traceparent Idempotency-Key
""".split()


def fold(name):
    return "".join(c if c.isalnum() else "-" for c in name.lower())


def sent_and_seen(proxy, token, fields):
    """What reached the upstream of `fields`, in portions that a head may have."""
    seen = []
    with proxy.connect() as connection:
        for start in range(0, len(fields), 60):
            answer = connection.request(token=token, headers=fields[start : start + 60])
            assert answer.status == 200, answer
            seen += answer.json()["fields"]
    return seen


def spellings(name):
    yield name
    yield name.lower()
    yield name.upper()
    yield name.replace("-", "_")
    yield name.replace("_", "-")
    yield name.replace("-", ".")
    yield "".join(random.Random(name).choice([c.lower(), c.upper()]) for c in name)
    mixed = random.Random(name + "separators")
    yield "".join(mixed.choice("-_.~") if c in "-_" else c for c in name)


@pytest.mark.parametrize("name", FORBIDDEN)
def test_no_spelling_of_an_identity_field_reaches_the_upstream(proxy, issuer, name):
    """(MTLS-19, DT-12)"""
    fields = [(spelling, "forged") for spelling in sorted(set(spellings(name)))]
    assert not [field for field in sent_and_seen(proxy, issuer.token(), fields * 2) if "forged" in field[1]]


@pytest.mark.parametrize("name", ALLOWED)
def test_a_field_that_only_looks_like_one_passes_as_it_is(proxy, issuer, name):
    assert [name, "mine"] in sent_and_seen(proxy, issuer.token(), [(name, "mine")])


def test_the_trusted_field_is_ours_alone_however_often_it_is_forged(proxy, issuer, pki):
    """(DT-03, DT-12)"""
    forged = [("X-Client-Cert-SHA256", pki.thumbprint("client-b")), ("x_client_cert_sha256", "forged"), ("X.Client.Cert.SHA256", "x")] * 5
    answer = proxy.ask(token=issuer.token(), headers=forged)
    fields = [field for field in answer.json()["fields"] if fold(field[0]) == "x-client-cert-sha256"]
    assert fields == [["X-Client-Cert-SHA256", pki.thumbprint("client-a")]]


def test_the_trusted_field_can_have_another_name_and_the_usual_one_is_still_stripped(start_proxy, issuer, pki):
    proxy = start_proxy({"forward": {"thumbprint_header": "X-Holder"}})
    forged = [("X-Holder", "forged"), ("x_holder", "forged"), ("X-Client-Cert-SHA256", "forged")]
    answer = proxy.ask(token=issuer.token(), headers=forged)
    assert answer.seen("X-Holder") == [pki.thumbprint("client-a")]
    assert not answer.seen("x_holder") and not answer.seen("X-Client-Cert-SHA256")


def test_connection_cannot_take_away_what_we_vouch_for(proxy, issuer, pki):
    nominated = [("Connection", "X-Client-Cert-SHA256, Authorization, Cookie, keep-alive"), ("Cookie", "a=b")]
    answer = proxy.ask(token=issuer.token(), headers=nominated)
    assert answer.status == 200
    assert answer.seen("X-Client-Cert-SHA256") == [pki.thumbprint("client-a")]
    assert answer.seen("Authorization") == [f"Bearer {issuer.token()}"]


def test_fields_that_connection_names_end_here(proxy, issuer):
    fields = [("X-A", "1"), ("x-b", "2"), ("X-C", "3"), ("Connection", "x-a, X-B ,,keep-alive"), ("Connection", "x-d"), ("X-D", "4")]
    answer = proxy.ask(token=issuer.token(), headers=fields)
    assert [answer.seen(name) for name in ("X-A", "X-B", "X-C", "X-D", "Connection")] == [[], [], ["3"], [], []]


@pytest.mark.parametrize(
    "field", [("Proxy-Connection", "keep-alive"), ("Keep-Alive", "timeout=5"), ("TE", "trailers"), ("Upgrade", "websocket"), ("Trailer", "X-A"),
              ("Proxy-Authorization", "Basic x"), ("Proxy", "http://evil"), ("HTTP2-Settings", "AAMAAABk")],
    ids=lambda field: field[0],
)  # fmt: skip
def test_hop_by_hop_fields_end_here_although_connection_does_not_name_them(proxy, issuer, field):
    answer = proxy.ask(token=issuer.token(), headers=[field, ("X-Kept", "1")])
    assert answer.status == 200 and not answer.seen(field[0]) and answer.seen("X-Kept") == ["1"]


@pytest.mark.parametrize("name", ["host", "content-length", "transfer-encoding"])
def test_connection_cannot_change_the_framing(proxy, issuer, name):
    answer = proxy.ask("POST", token=issuer.token(), headers=[("Connection", name)], body=b"hello")
    if answer.status == 200:
        assert answer.json()["body"]["length"] == 5 and len(answer.seen("Host")) == 1
    else:
        assert answer.status == 400


@pytest.mark.parametrize("name", ["Content_Length", "Transfer_Encoding", "transfer.encoding", "Content.Length", "Host_", "Authorization_"])
def test_a_misspelled_field_that_a_lenient_upstream_could_take_for_framing_does_no_harm(proxy, issuer, name):
    answer = proxy.ask("POST", token=issuer.token(), headers=[(name, "chunked")], body=b"hello")
    assert answer.status in (200, 400)
    if answer.status == 200 and fold(name) in ("content-length", "transfer-encoding"):
        assert not answer.seen(name) and answer.json()["body"]["length"] == 5


def test_trailers_never_become_fields(proxy, issuer, pki):
    """(FW-12)"""
    with proxy.connect() as connection:
        connection.send(connection.head("POST", "/", issuer.token(), [("Transfer-Encoding", "chunked"), ("Trailer", "X-Foo")]))
        connection.send("5\r\nhello\r\n0\r\nX-Foo: bar\r\nX-Client-Cert-SHA256: forged\r\nAuthorization: Bearer x\r\nHost: evil\r\n\r\n")
        answer = connection.answer()
    assert answer.status == 200 and answer.json()["body"]["length"] == 5
    assert answer.seen("X-Client-Cert-SHA256") == [pki.thumbprint("client-a")] and not answer.seen("X-Foo")
    assert len(answer.seen("Host")) == 1 and len(answer.seen("Authorization")) == 1
    assert not [field for field in answer.json()["body"]["trailers"] if "forged" in field[1] or field[0].lower() == "authorization"]


def test_other_fields_pass_octet_for_octet_and_in_order(proxy, issuer):
    fields = [("X-One", "1"), ("Accept", "text/html, */*;q=0.8"), ("X-Two", "a \t b"), ("x-ONE", "again"), ("X-Empty", ""), ("Cookie", "a=b; c=d")]
    seen = sent_and_seen(proxy, issuer.token(), fields)
    assert [tuple(field) for field in seen if tuple(field) in fields] == fields


def test_octets_beyond_ascii_pass_unchanged(proxy, issuer):
    with proxy.connect() as connection:
        answer = connection.request(token=issuer.token(), headers=[("X-Name", "caf\xe9 \x80\xff")])
    assert answer.seen("X-Name") == ["caf\xe9 \x80\xff"]


def test_authorization_is_kept_as_it_came_or_removed_but_never_rewritten(proxy, start_proxy, issuer):
    for value in [f"Bearer {issuer.token()}", f"bEARER  {issuer.token()}"]:
        assert proxy.ask(headers=[("Authorization", value)]).seen("Authorization") == [value]
    removing = start_proxy({"forward": {"authorization": "remove"}})
    answer = removing.ask(token=issuer.token())
    assert answer.status == 200 and not answer.seen("Authorization") and issuer.token() not in answer.json()["head"]


def test_the_configuration_can_strip_more(start_proxy, issuer):
    proxy = start_proxy({"forward": {"strip": ["X-Internal-User"]}})
    answer = proxy.ask(token=issuer.token(), headers=[("x_internal_user", "forged"), ("X-Internal-User", "forged"), ("X-Other", "mine")])
    assert "forged" not in answer.json()["head"] and answer.seen("X-Other") == ["mine"]


def test_the_clients_address_is_the_sockets_whatever_it_claims(proxy, start_proxy, issuer):
    """(XF-04, XF-05)"""
    claims = [("X-Forwarded-For", "8.8.8.8"), ("X-Forwarded-Proto", "http"), ("Forwarded", "for=8.8.8.8"), ("X-Real-IP", "8.8.8.8")]
    answer = proxy.ask(token=issuer.token(), headers=claims)
    assert answer.seen("X-Forwarded-For") == ["127.0.0.1"] and answer.seen("X-Forwarded-Proto") == ["https"]
    assert "8.8.8.8" not in answer.json()["head"]
    silent = start_proxy({"forward": {"client_address": "none"}})
    assert not silent.ask(token=issuer.token(), headers=claims).seen("X-Forwarded-For")


def test_what_was_stripped_is_counted_by_name(start_proxy, issuer):
    proxy = start_proxy()
    assert proxy.metric("holdfast_stripped_fields_total", field="x-forwarded-client-cert") == 0
    proxy.ask(token=issuer.token(), headers=[("X-Forwarded-Client-Cert", "forged")])
    assert proxy.metric("holdfast_stripped_fields_total") >= 1


def test_answers_do_not_carry_the_upstreams_hop_by_hop_fields_or_our_trusted_ones(proxy, issuer):
    fields = "field=Connection: x-int; field=X-Int: 1; field=Keep-Alive: timeout=9; field=X-Client-Cert-SHA256: up; field=Client-Cert: :up:; field=X-Ok: 1"
    answer = proxy.ask(token=issuer.token(), headers=[("Lab-Respond", fields)])
    assert answer.status == 200 and answer.values("X-Ok") == ["1"]
    for name in ["X-Int", "Keep-Alive", "X-Client-Cert-SHA256", "Client-Cert"]:
        assert not answer.values(name), name


def test_an_answer_that_depends_on_the_certificate_varies_for_every_cache(proxy, issuer):
    answer = proxy.ask(token=issuer.token(), headers=[("Lab-Respond", "field=Vary: accept, client-cert")])
    assert answer.values("Vary") == ["*"]
    assert proxy.ask(token=issuer.token(), headers=[("Lab-Respond", "field=Vary: accept")]).values("Vary") == ["accept"]
