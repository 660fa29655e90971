"""The walls around a stranger's program: namespaces, a root directory of its own, limits, no privileges.

Two ways lead to the same walls. Root makes them as root and then becomes `OWN_UID`; anyone else makes a user
namespace first, in which their uid is mapped to `OWN_UID`. What is visible behind the walls is the standard
library, the shared libraries and an empty /tmp: no /proc, /dev, /etc, /home, and a network with nothing in it.
"""

# Every run pays for what is imported here, and pathlib costs milliseconds:
# ruff: noqa: PTH102, PTH103, PTH106, PTH112, PTH114, PTH115, PTH211
from __future__ import annotations

import ctypes
import os
import resource
import sysconfig
from collections.abc import Mapping

OWN_UID = 60901
"""A uid that no distribution hands out, below 65536 so that it exists in a rootless container, too."""

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
MNT_DETACH = 2
SYS_MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE = 442, -100, 0x8000
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV = 1, 2, 4
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38
SIGKILL = 9
CAPABILITY_VERSION_3 = 0x20080522

LIBRARIES = ("/usr/lib", "/usr/lib64", "/lib", "/lib64")

libc = ctypes.CDLL(None, use_errno=True)


class WallError(Exception):
    """A wall could not be set up; the text says which system call failed, and why."""


def die_with_parent() -> None:
    """The kernel kills this process when its parent ends."""
    _must("prctl", PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)


def enter(limits: Mapping[str, float]) -> None:
    """Moves this process behind new walls; the children it makes from now on are alone in their world.

    Raises WallError.
    """
    spaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS
    uid, gid = os.geteuid(), os.getegid()
    if uid == 0:
        _must("unshare", spaces)
    else:
        _must("unshare", spaces | CLONE_NEWUSER)
        _map_to_own(uid, gid)
    _make_root(limits)


def give_up_privileges(limits: Mapping[str, float]) -> None:
    """Makes this process nobody: own uid, no capability, no way to gain any, and bounded in all it uses.

    Raises WallError.
    """
    for kind, most in (
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_CPU, limits["cpu_seconds"] + 1),
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_NPROC, 1),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        _limit(kind, int(most))
    if os.geteuid() == 0:
        _become_own()
    _drop_capabilities()
    _must("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _must("prctl", PR_SET_DUMPABLE, 0, 0, 0, 0)
    # A change of uid undoes the wish to die with the parent.
    die_with_parent()


def _limit(kind: int, most: int) -> None:
    """Bounds a resource; where this process itself may use less, that stays."""
    hard = resource.getrlimit(kind)[1]
    bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (bound, bound))


def _become_own() -> None:
    try:
        os.setgroups([])
        os.setresgid(OWN_UID, OWN_UID, OWN_UID)
        os.setresuid(OWN_UID, OWN_UID, OWN_UID)
    except OSError as problem:
        raise WallError(f"uid {OWN_UID}: {problem.strerror}") from None


def _map_to_own(uid: int, gid: int) -> None:
    try:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{OWN_UID} {uid} 1")
        _write("/proc/self/gid_map", f"{OWN_UID} {gid} 1")
    except OSError as problem:
        raise WallError(f"user namespace: {problem.strerror}") from None


def _make_root(limits: Mapping[str, float]) -> None:
    """A root directory in memory, with the few directories of the host that Python needs, read-only."""
    stdlib = sysconfig.get_path("stdlib")
    source = os.path.realpath(stdlib)
    if stdlib.startswith("/tmp/"):
        raise WallError("Python itself lies in /tmp, which is private behind the walls")
    _must("mount", None, b"/", None, MS_REC | MS_PRIVATE, None)
    _must("mount", b"tmpfs", b"/tmp", b"tmpfs", MS_NOSUID | MS_NODEV, b"size=64k,nr_inodes=64,mode=755")
    os.mkdir("/tmp/host")
    _must("pivot_root", b"/tmp", b"/tmp/host")
    os.chdir("/")
    for path in LIBRARIES:
        _show(path, f"/host{path}")
    _show(stdlib, f"/host{source}")
    for packages in (f"{stdlib}/site-packages", f"{stdlib}/dist-packages"):
        if os.path.isdir(packages):
            _must(
                "mount", b"tmpfs", packages.encode(), b"tmpfs", MS_NOSUID | MS_NODEV, b"size=4k,nr_inodes=1"
            )
    os.mkdir("/tmp")
    _must("umount2", b"/host", MNT_DETACH)
    os.rmdir("/host")
    _make_read_only()
    size = f"size={int(limits['tmp_bytes'])},nr_inodes={int(limits['tmp_files'])},mode=1777"
    _must("mount", b"tmpfs", b"/tmp", b"tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, size.encode())


def _show(path: str, source: str) -> None:
    """Lets a directory of the host appear at `path`; a link appears as the same link."""
    if os.path.isdir(path):
        return
    if os.path.islink(source):
        os.symlink(os.readlink(source), path)
    elif os.path.isdir(source):
        os.makedirs(path)
        _must("mount", source.encode(), path.encode(), None, MS_BIND | MS_REC, None)


def _make_read_only() -> None:
    attributes = (ctypes.c_uint64 * 4)(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, 0, 0, 0)
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    _must("syscall", SYS_MOUNT_SETATTR, AT_FDCWD, b"/", AT_RECURSIVE, ctypes.byref(attributes), size)


def _drop_capabilities() -> None:
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _must("capset", ctypes.byref(header), ctypes.byref(nothing))


def _must(name: str, *arguments: object) -> None:
    if getattr(libc, name)(*arguments) != 0:
        shown = "mount_setattr" if name == "syscall" else name
        raise WallError(f"{shown}: {os.strerror(ctypes.get_errno())}")


def _write(path: str, text: str) -> None:
    handle = os.open(path, os.O_WRONLY)
    try:
        os.write(handle, text.encode())
    finally:
        os.close(handle)
