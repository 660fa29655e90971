"""The system calls a stranger's program may make: what a computation needs, and nothing else.

A seccomp program in classic BPF. A call that is not listed fails with EPERM. In particular there is no call that
makes a process or a thread, a socket, a namespace or a mount, that looks at or signals another process, that
waits for time to pass, or that reaches the kernel's larger machines (bpf, perf, keyrings, io_uring).
Numbers are those of Linux' syscall tables for the two architectures.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
ALLOW, FAIL, KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000
LOAD, EQUAL, AT_LEAST, MASK, RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
AT_NUMBER, AT_ARCH, AT_SECOND_ARGUMENT = 0, 4, 24
X32 = 0x40000000
FUTEX_WAKE, FUTEX_WAKE_BITSET, FUTEX_COMMAND = 1, 10, 0x7F

ARCHES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

CALLS: dict[str, tuple[int | None, int | None]] = {
    # name: (number on x86_64, number on aarch64); None where the architecture has no such call
    "read": (0, 63),
    "write": (1, 64),
    "open": (2, None),
    "close": (3, 57),
    "stat": (4, None),
    "fstat": (5, 80),
    "lstat": (6, None),
    "lseek": (8, 62),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "pread64": (17, 67),
    "pwrite64": (18, 68),
    "readv": (19, 65),
    "writev": (20, 66),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "dup": (32, 23),
    "getpid": (39, 172),
    "exit": (60, 93),
    "uname": (63, 160),
    "fcntl": (72, 25),
    "ftruncate": (77, 46),
    "getcwd": (79, 17),
    "mkdir": (83, None),
    "rmdir": (84, None),
    "unlink": (87, None),
    "readlink": (89, None),
    "gettimeofday": (96, 169),
    "getrusage": (98, 165),
    "times": (100, 153),
    "getuid": (102, 174),
    "getgid": (104, 176),
    "geteuid": (107, 175),
    "getegid": (108, 177),
    "getppid": (110, 173),
    "sigaltstack": (131, 132),
    "gettid": (186, 178),
    "getdents64": (217, 61),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "exit_group": (231, 94),
    "openat": (257, 56),
    "mkdirat": (258, 34),
    "newfstatat": (262, 79),
    "unlinkat": (263, 35),
    "readlinkat": (267, 78),
    "getrandom": (318, 278),
    "statx": (332, 291),
}
FUTEX = (202, 98)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def program(machine: str) -> bytes:
    """The filter for this machine's architecture. Raises KeyError when there are no numbers for it."""
    arch, column = ARCHES[machine], list(ARCHES).index(machine)
    allowed = [numbers[column] for numbers in CALLS.values() if numbers[column] is not None]
    checks: list[bytes] = []
    for place, number in enumerate(allowed):
        to_allow = len(allowed) - place - 1
        checks.append(_jump(EQUAL, number or 0, to_allow, 0))
    checks[-1] = _jump(EQUAL, allowed[-1] or 0, 0, 1)
    body = [
        _step(LOAD, AT_ARCH),
        _jump(EQUAL, arch, 1, 0),
        _step(RETURN, KILL),
        _step(LOAD, AT_NUMBER),
        _jump(AT_LEAST, X32, 0, 1),
        _step(RETURN, KILL),
        # A futex may be woken, which unlocking does; waiting for one would be a way to sleep.
        _jump(EQUAL, FUTEX[column], 0, 6),
        _step(LOAD, AT_SECOND_ARGUMENT),
        _step(MASK, FUTEX_COMMAND),
        _jump(EQUAL, FUTEX_WAKE, 2, 0),
        _jump(EQUAL, FUTEX_WAKE_BITSET, 1, 0),
        _step(RETURN, FAIL),
        _step(RETURN, ALLOW),
        *checks,
        _step(RETURN, ALLOW),
        _step(RETURN, FAIL),
    ]
    return b"".join(body)


def install(libc: ctypes.CDLL) -> None:
    """From now on this process can make the listed calls only. Raises OSError."""
    machine = os.uname().machine
    if machine not in ARCHES:
        raise OSError(errno.ENOSYS, f"no table of system calls for {machine}")
    instructions = program(machine)
    wanted = _Program(len(instructions) // 8, instructions)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(wanted), 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"seccomp: {os.strerror(code)}")


def _step(code: int, value: int) -> bytes:
    return struct.pack("=HBBI", code, 0, 0, value)


def _jump(code: int, value: int, then: int, otherwise: int) -> bytes:
    return struct.pack("=HBBI", code, then, otherwise, value)
