"""A disk that can be filled up: a small file system of the soak's own, or a limit on the size of files.

The file system is mounted in a mount namespace that only the soak and its processes live in, so it goes when they do,
whatever ends them. Without root that takes a user namespace; where the kernel allows none, files of the process may
not grow instead, which SQLite meets as a failing write.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
from pathlib import Path
from typing import Protocol

from soak_members import Member

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
MEGABYTES = 96


class Disk(Protocol):
    """Where one member keeps its state."""

    kind: str

    def fill(self, member: Member) -> None:
        """Leaves no room."""
        ...

    def free(self, member: Member) -> None:
        """Gives the room back."""
        ...


class SmallDisk:
    """A file system in memory, mounted at a folder."""

    kind = "a file system of its own"

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / "ballast"

    def fill(self, member: Member) -> None:
        """Writes until the file system takes no more."""
        with self._ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            for size in (1 << 20, 1 << 12, 1):
                with contextlib.suppress(OSError):
                    while file.write(bytes(size)) == size:
                        pass

    def free(self, member: Member) -> None:
        """Takes the ballast away."""
        self._ballast.unlink(missing_ok=True)


class FileLimit:
    """RLIMIT_FSIZE of the member's process."""

    kind = "a limit on file sizes"

    def fill(self, member: Member) -> None:
        """No file may become larger than a page."""
        member.limit_files(4096)

    def free(self, member: Member) -> None:
        """Files may grow again."""
        member.limit_files(-1)


def own_mounts() -> bool:
    """Moves this process into a mount namespace of its own; False when it may not. Call before any thread starts."""
    libc = ctypes.CDLL(None)
    if os.geteuid() == 0:
        moved = libc.unshare(CLONE_NEWNS) == 0
    else:
        who = os.getuid()
        moved = libc.unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0
        if moved:
            Path("/proc/self/uid_map").write_text(f"{who} {who} 1")
    return moved and _mount("--make-rprivate", "/")


def disk_at(folder: Path, mounts: bool) -> Disk:
    """A disk for a folder, which is made."""
    folder.mkdir(parents=True)
    if mounts and _mount("-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=700", "tmpfs", str(folder)):
        return SmallDisk(folder)
    return FileLimit()


def _mount(*words: str) -> bool:
    return subprocess.run(["mount", *words], capture_output=True, check=False).returncode == 0
