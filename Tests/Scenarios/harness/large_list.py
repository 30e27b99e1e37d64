"""A revocation list of 300,000 entries, written by hand: the library takes minutes for so many."""
import os

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from .revocation import HOUR, now

ENTRIES = 300_000


def tlv(tag, octets):
    length = len(octets)
    if length < 128:
        return bytes([tag, length]) + octets
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(digits)]) + digits + octets


def time(moment):
    return tlv(0x17, moment.strftime("%y%m%d%H%M%SZ").encode())


def large(authority, *certificates, count=ENTRIES):
    """DER."""
    algorithm = tlv(0x30, tlv(6, bytes.fromhex("2a8648ce3d040302")))
    serials = [b"\x40" + os.urandom(15) for _ in range(count)]
    serials[count // 2:count // 2] = [c.serial_number.to_bytes(c.serial_number.bit_length() // 8 + 1, "big") for c in certificates]
    entries = b"".join(tlv(0x30, tlv(2, serial) + time(now() - 72 * HOUR)) for serial in serials)
    part = tlv(0x30, tlv(2, b"\x01") + algorithm + authority.certificate.subject.public_bytes() + time(now() - HOUR) + time(now() + HOUR)
               + tlv(0x30, entries))
    return tlv(0x30, part + algorithm + tlv(3, b"\0" + authority.key.sign(part, ec.ECDSA(hashes.SHA256()))))
