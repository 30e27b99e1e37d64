"""Stands before a command: a kernel that has no Landlock, as far as the command can see.  python without_landlock.py COMMAND..."""
import ctypes
import os
import struct
import sys

LANDLOCK_CREATE_RULESET, ENOSYS = 444, 38
LOAD_NUMBER, IF_EQUAL, RETURN = 0x20, 0x15, 0x06
FAIL, ALLOW = 0x00050000, 0x7FFF0000


def hide():
    steps = [(LOAD_NUMBER, 0, 0, 0), (IF_EQUAL, 0, 1, LANDLOCK_CREATE_RULESET), (RETURN, 0, 0, FAIL | ENOSYS), (RETURN, 0, 0, ALLOW)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code)))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    if os.geteuid() != 0:
        prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
    if prctl(22, 2, ctypes.addressof(program), 0, 0) != 0:  # PR_SET_SECCOMP, a filter
        sys.exit(f"no filter could be set: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    hide()
    os.execvp(sys.argv[1], sys.argv[1:])
