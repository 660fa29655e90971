"""What this machine is and has, and what time it is elsewhere."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import struct
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from subnet.advice.facts import Clock, Machine, Needs
from subnet.errors import SettingsError

GIB = 1 << 30
ROOT = Path(__file__).resolve().parents[1]
MIN_COMPUTE = ROOT / "min_compute.yml"
CGROUP_MEMORY = Path("/sys/fs/cgroup/memory.max")
NTP_PORT = 123
NTP_EPOCH = 2_208_988_800
"""Seconds from 1900, where NTP counts from, to 1970."""


def needs(role: str, path: Path | None) -> Needs | None:
    """What min_compute.yml asks of a role; None when the file is not there. SettingsError when it is not one."""
    file = path or MIN_COMPUTE
    if path is None and not file.is_file():
        return None
    try:
        asked = yaml.safe_load(file.read_text())[role]
        gpu = asked.get("gpu", {})
        return Needs(
            cores=int(asked["cpu"]["min_cores"]),
            memory_gib=float(asked["memory"]["min_gib"]),
            storage_gib=float(asked.get("storage", {}).get("min_gib", 0)),
            gpu_gib=float(gpu["min_vram_gib"]) if gpu.get("required") else None,
            architectures=tuple(str(asked["cpu"].get("architecture", "")).replace(" or ", " ").split()),
        )
    except (OSError, KeyError, TypeError, ValueError, AttributeError, yaml.YAMLError) as problem:
        raise SettingsError(f"--min-compute {file} does not say what a {role} needs: {problem}") from None


async def machine(home: Path) -> Machine:
    """This machine's cores, memory, free space where `home` lies, and the memory of its largest GPU."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    place = next(path for path in (home, *home.parents) if path.exists())
    return Machine(
        cores=cores,
        memory_gib=_memory() / GIB,
        storage_gib=shutil.disk_usage(place).free / GIB,
        architecture=platform.machine(),
        gpu_gib=await _gpu(),
    )


def _memory() -> int:
    """Bytes that this process may use: the machine's, or the container's when that is less."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # no cgroup, or "max"
        return min(physical, int(CGROUP_MEMORY.read_text()))
    return physical


async def _gpu(seconds: float = 5.0) -> float | None:
    """GiB of the largest NVIDIA GPU, None without one or without its tool."""
    try:
        tool = await asyncio.create_subprocess_exec(
            "nvidia-smi",
            "--query-gpu=memory.total",
            "--format=csv,noheader,nounits",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return None
    try:
        told, _ = await asyncio.wait_for(tool.communicate(), seconds)
        return max(float(line) for line in told.split()) / 1024
    except (TimeoutError, ValueError):
        return None
    finally:
        if tool.returncode is None:
            tool.kill()


async def clock(server: str, seconds: float = 3.0) -> Clock:
    """How far this machine's clock is ahead of an NTP server's."""
    if not server:
        return Clock(None, "no time server was asked (--time-server)")
    host, _, port = server.partition(":")
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            asked = loop.create_future()
            transport, _ = await loop.create_datagram_endpoint(
                lambda: _Question(asked), remote_addr=(host, int(port or NTP_PORT))
            )
            try:
                return Clock(await asked, server)
            finally:
                transport.close()
    except (OSError, TimeoutError, ValueError):
        return Clock(None, f"time server {server} gave no answer; name another one with --time-server")


class _Question(asyncio.DatagramProtocol):
    """One SNTP exchange (RFC 4330); `ahead` becomes the seconds that our clock is ahead."""

    def __init__(self, ahead: asyncio.Future[float]) -> None:
        self._ahead = ahead
        self._sent = b""

    def connection_made(self, transport: Any) -> None:
        self._sent = _stamp(time.time())
        transport.sendto(b"\x23" + bytes(39) + self._sent)

    def datagram_received(self, data: bytes, addr: object) -> None:
        now = time.time()
        # An answer repeats what was asked, so that a stranger cannot tell us the time.
        if len(data) < 48 or data[24:32] != self._sent or not 0 < data[1] < 16 or self._ahead.done():
            return
        asked, came, left = (_seconds(data[start : start + 8]) for start in (24, 32, 40))
        self._ahead.set_result(-((came - asked) + (left - now)) / 2)

    def error_received(self, exc: Exception) -> None:
        if not self._ahead.done():
            self._ahead.set_exception(exc)


def _stamp(moment: float) -> bytes:
    whole, part = divmod(moment + NTP_EPOCH, 1)
    return struct.pack("!II", int(whole), int(part * (1 << 32)))


def _seconds(stamp: bytes) -> float:
    whole, part = struct.unpack("!II", stamp)
    return float(whole - NTP_EPOCH + part / (1 << 32))
