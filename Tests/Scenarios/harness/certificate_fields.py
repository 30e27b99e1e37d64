"""The fields in which gateways tell an API of its client's certificate, read as the product each belongs to reads them, by other code than ours.

Each reader gives what it found as a dictionary: `der`, `chain` (DER, the certificate first), `subject` and `issuer` (texts by attribute, in the
certificate's order), `serial`, `sans` and so on; a field that is not there is no key.
"""
import base64
import datetime
import re
from urllib.parse import unquote, unquote_plus

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

NAMES = {
    "rfc9440": ["Client-Cert", "Client-Cert-Chain"],
    "xfcc": ["X-Forwarded-Client-Cert"],
    "nginx": ["ssl-client-cert", "ssl-client-verify", "ssl-client-subject-dn", "ssl-client-issuer-dn", "ssl-client-serial", "ssl-client-fingerprint"],
    "haproxy": [
        "X-SSL", "X-SSL-Client-Verify", "X-SSL-Client-SHA1", "X-SSL-Client-Serial", "X-SSL-Client-DN", "X-SSL-Client-CN", "X-SSL-Issuer",
        "X-SSL-Client-NotBefore", "X-SSL-Client-NotAfter", "X-SSL-Client-Cert",
    ],
    "aws": [
        "X-Amzn-Mtls-Clientcert", "X-Amzn-Mtls-Clientcert-Serial-Number", "X-Amzn-Mtls-Clientcert-Issuer", "X-Amzn-Mtls-Clientcert-Subject",
        "X-Amzn-Mtls-Clientcert-Validity", "X-Amzn-Mtls-Clientcert-Leaf",
    ],
    "azure": ["X-ARR-ClientCert"],
    "weblogic": ["WL-Proxy-Client-Cert"],
    "traefik": ["X-Forwarded-Tls-Client-Cert", "X-Forwarded-Tls-Client-Cert-Info"],
}  # fmt: skip
UTC = datetime.timezone.utc


def byte_sequence(text):
    """RFC 8941 section 4.2.7."""
    assert re.fullmatch(r":[A-Za-z0-9+/]*={0,2}:", text), text
    return base64.b64decode(text[1:-1], validate=True)


def pem(text):
    return [certificate.public_bytes(Encoding.DER) for certificate in x509.load_pem_x509_certificates(text.encode())]


def rfc2253(text):
    """Attributes and texts, in the certificate's order (RFC 2253 section 3): one attribute per RDN is all that these tests have."""
    found = []
    rest = text.encode()
    while rest:
        kind, equals, rest = rest.partition(b"=")
        assert equals, text
        value = bytearray()
        while rest and rest[0] != ord(","):
            if rest[0] == ord("\\"):
                if re.match(rb"[0-9A-Fa-f]{2}", rest[1:3]):
                    value.append(int(rest[1:3], 16))
                    rest = rest[3:]
                else:
                    assert len(rest) > 1 and chr(rest[1]) in ',+"\\<>;# ', text
                    value.append(rest[1])
                    rest = rest[2:]
            else:
                assert chr(rest[0]) not in '+"<>;', text
                value.append(rest[0])
                rest = rest[1:]
        rest = rest[1:]
        found.insert(0, (kind.decode(), value.decode()))
    return found


def rfc9440(value):
    found = {"der": byte_sequence(value("Client-Cert"))}
    chain = value("Client-Cert-Chain")
    return found | {"chain": [found["der"], *[byte_sequence(item.strip(" \t")) for item in chain.split(",")]] if chain else [found["der"]]}


def split_outside_quotes(text, separator):
    parts, quoted, escaped = [""], False, False
    for character in text:
        if escaped:
            escaped = False
        elif character == "\\" and quoted:
            escaped = True
        elif character == '"':
            quoted = not quoted
        if character == separator and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    assert not quoted and not escaped, text
    return parts


def xfcc(value):
    """Envoy's documentation: elements by `,`, pairs by `;`, values with `,;=` in quotes, `"` in them as `\\"`."""
    [element] = split_outside_quotes(value("X-Forwarded-Client-Cert"), ",")
    pairs = [pair.partition("=")[::2] for pair in split_outside_quotes(element, ";")]
    pairs = [(key, text[1:-1].replace('\\"', '"') if text.startswith('"') else text) for key, text in pairs]
    found = {key: text for key, text in pairs}
    assert set(found) <= {"Hash", "Cert", "Chain", "Subject", "URI", "DNS"}
    told = {"sha256": found["Hash"]}
    if "Subject" in found:
        told["subject"] = rfc2253(found["Subject"])
    if "Cert" in found:
        told["der"] = pem(unquote(found["Cert"], errors="strict"))[0]
    if "Chain" in found:
        told["chain"] = pem(unquote(found["Chain"], errors="strict"))
    if "URI" in found:
        told["uri"] = [text for key, text in pairs if key == "URI" and text]
    return told | {"dns": [text for key, text in pairs if key == "DNS"]}


def nginx(value):
    found = {"verify": value("ssl-client-verify")}
    if certificate := value("ssl-client-cert"):
        [found["der"]] = pem(unquote(certificate, errors="strict"))
    for key, name in [("subject", "ssl-client-subject-dn"), ("issuer", "ssl-client-issuer-dn")]:
        if text := value(name):
            found[key] = rfc2253(text)
    if serial := value("ssl-client-serial"):
        found |= {"serial": int(serial, 16), "sha1": value("ssl-client-fingerprint")}
    return found


def haproxy(value):
    found = {"verify": value("X-SSL-Client-Verify"), "sha1": value("X-SSL-Client-SHA1").lower(), "serial": int(value("X-SSL-Client-Serial"), 16)}
    assert value("X-SSL") == "1"
    for key, name in [("subject", "X-SSL-Client-DN"), ("issuer", "X-SSL-Issuer")]:
        if text := value(name):
            found[key] = [tuple(part) for part in re.findall(r"/([A-Za-z0-9.]+)=((?:(?!/[A-Za-z0-9.]+=).)*)", text)]
    if text := value("X-SSL-Client-CN"):
        found["cn"] = text
    for key, name in [("not_before", "X-SSL-Client-NotBefore"), ("not_after", "X-SSL-Client-NotAfter")]:
        found[key] = datetime.datetime.strptime(value(name), "%y%m%d%H%M%SZ").replace(tzinfo=UTC)
    if certificate := value("X-SSL-Client-Cert"):
        found["der"] = base64.b64decode(certificate, validate=True)
    return found


def aws(value):
    found = {"serial": int(value("X-Amzn-Mtls-Clientcert-Serial-Number"), 16)}
    for key, name in [("subject", "X-Amzn-Mtls-Clientcert-Subject"), ("issuer", "X-Amzn-Mtls-Clientcert-Issuer")]:
        if text := value(name):
            found[key] = rfc2253(text)
    times = re.fullmatch(r"NotBefore=([^;]+)Z;NotAfter=([^;]+)Z", value("X-Amzn-Mtls-Clientcert-Validity"))
    found["not_before"], found["not_after"] = [datetime.datetime.fromisoformat(text + "+00:00") for text in times.groups()]
    if certificate := value("X-Amzn-Mtls-Clientcert-Leaf"):
        [found["der"]] = pem(unquote(certificate, errors="strict"))
    if chain := value("X-Amzn-Mtls-Clientcert"):
        found["chain"] = pem(unquote(chain, errors="strict"))
    return found


def base64_of(name):
    return lambda value: {"der": base64.b64decode(value(name), validate=True)} if value(name) else {}


def traefik(value):
    found = {}
    if chain := value("X-Forwarded-Tls-Client-Cert"):
        found["chain"] = [base64.b64decode(part, validate=True) for part in chain.split(",")]
        found["der"] = found["chain"][0]
    info = value("X-Forwarded-Tls-Client-Cert-Info")
    # As Go's QueryUnescape, which takes `+` for a space.
    assert unquote_plus(info, errors="strict") == unquote(info, errors="strict")
    text = unquote(info, errors="strict")
    parts = dict(re.findall(r'(?:^|;)(\w+)="([^"]*)"', text))
    assert ";".join(f'{key}="{part}"' for key, part in parts.items()) == text
    for key, name in [("subject", "Subject"), ("issuer", "Issuer")]:
        if name in parts:
            found[key] = [tuple(part.split("=", 1)) for part in re.split(r",(?=[A-Z]+=)", parts[name])]
    found |= {"serial": int(parts["SerialNumber"]), "sans": parts["SAN"].split(",") if "SAN" in parts else None}
    for key, name in [("not_before", "NB"), ("not_after", "NA")]:
        found[key] = datetime.datetime.fromtimestamp(int(parts[name]), UTC)
    return found


READERS = {
    "rfc9440": rfc9440, "xfcc": xfcc, "nginx": nginx, "haproxy": haproxy, "aws": aws, "azure": base64_of("X-ARR-ClientCert"),
    "weblogic": base64_of("WL-Proxy-Client-Cert"), "traefik": traefik,
}  # fmt: skip
