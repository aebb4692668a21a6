"""System calls that are refused, as a container or an old kernel does: for subprocess's preexec_fn."""

import ctypes
import errno
import os
import platform
import struct

NUMBERS = {"x86_64": {"getrandom": 318}, "aarch64": {"getrandom": 278}}
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD_WORD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # classic BPF (linux/filter.h)
ALLOW, ERRNO = 0x7FFF0000, 0x00050000


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def refuse(name, with_errno=errno.ENOSYS):
    """A function that makes the call `name` fail with `with_errno` from now on, in this process and what it starts."""
    number = NUMBERS[platform.machine()][name]
    code = b"".join(
        struct.pack("HBBI", *instruction)
        for instruction in (
            (LOAD_WORD, 0, 0, 0),  # the call's number
            (JUMP_IF_EQUAL, 0, 1, number),
            (RETURN, 0, 0, ERRNO | with_errno),
            (RETURN, 0, 0, ALLOW),
        )
    )
    libc = ctypes.CDLL(None, use_errno=True)
    filter_program = Program(len(code) // 8, code)

    def apply():
        for arguments in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
                          (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(filter_program), 0, 0)):  # fmt: skip
            if libc.prctl(*arguments) != 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    return apply
