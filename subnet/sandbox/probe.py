"""A program that tries to get out: run in the sandbox before any stranger's code, it must come back with nothing.

It is handed over as source text, so it imports nothing of ours.
"""

from __future__ import annotations

import hashlib
import os
import socket
from contextlib import suppress
from pathlib import Path

FORBIDDEN = ("/proc/1/environ", "/etc/shadow", "/etc/passwd", "/dev/mem", "/sys/kernel")


def reach(port: int, name: str, files: list[str], folders: list[str]) -> list[str]:
    """What could be reached of: a listener on the host's loopback, one with an abstract name, files, folders."""
    reached = [path for path in (*FORBIDDEN, *files) if _opens(path)]
    reached += [f"{folder}: {entry}" for folder in folders for entry in _entries(folder)]
    if _connects(socket.AF_INET, ("127.0.0.1", port)):
        reached.append("the network of this machine")
    if _connects(socket.AF_UNIX, "\0" + name):
        reached.append("the sockets of this machine")
    return reached


def digest(text: str) -> str:
    """The SHA-256 of a text: shows that Python and a library that it loads work behind the walls."""
    return hashlib.sha256(text.encode()).hexdigest()


def _opens(path: str) -> bool:
    with suppress(OSError):
        os.close(os.open(path, os.O_RDONLY))
        return True
    return False


def _entries(folder: str) -> list[str]:
    with suppress(OSError):
        return sorted(entry.name for entry in Path(folder).iterdir())
    return []


def _connects(family: int, address: tuple[str, int] | str) -> bool:
    with suppress(OSError), socket.socket(family, socket.SOCK_STREAM) as line:
        line.settimeout(1.0)
        line.connect(address)
        return True
    return False
