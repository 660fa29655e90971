"""Is the machine fit: SDK, keys on disk, clock, hardware, and the port that a miner publishes."""

from __future__ import annotations

import re

from subnet.advice import commands
from subnet.advice.facts import Facts
from subnet.advice.line import Line, failed, note, ok, unknown

OLDEST_SDK, TOO_NEW_SDK = (11, 3), (12,)
MAX_AHEAD = 2.0
"""Seconds that a signed request may seem to come from the future (btauth/1); a slow clock has 10, less the way."""

MAX_BEHIND = 5.0
SAME_ARCHITECTURE = {"amd64": "x86_64", "aarch64": "arm64"}


def sdk(facts: Facts) -> Line:
    """The SDK is one that Assay was made for."""
    version = tuple(map(int, re.findall(r"\d+", facts.sdk)[:2]))
    if OLDEST_SDK <= version < TOO_NEW_SDK:
        return ok("sdk", f"bittensor {facts.sdk}")
    return failed(
        "sdk", f"bittensor {facts.sdk}; Assay needs 11.3 or a later 11", "pip install 'bittensor>=11.3,<12'"
    )


def hotkey(facts: Facts) -> Line:
    """The hotkey can be read."""
    if facts.keys.hotkey is None:
        unreadable = commands.own_file(facts.keys) if facts.keys.hotkey_file else ""
        return failed("hotkey", facts.keys.problem, unreadable or commands.new_hotkey(facts.keys))
    return ok("hotkey", facts.keys.hotkey)


def coldkey(facts: Facts) -> Line:
    """No private coldkey lies about."""
    if facts.keys.coldkey_here:
        return note(
            "coldkey", "the private coldkey is on this machine, and no neuron needs it: keep it elsewhere"
        )
    return ok("coldkey", "not on this machine")


def clock(facts: Facts) -> Line:
    """The clock is right enough for signed requests."""
    ahead, source = facts.clock.ahead, facts.clock.source
    if ahead is None:
        return unknown("clock", source)
    if -MAX_BEHIND <= ahead <= MAX_AHEAD:
        return ok("clock", f"{abs(ahead):.1f} s off, by {source}")
    side = "ahead" if ahead > 0 else "behind"
    return failed(
        "clock",
        f"{abs(ahead):.1f} s {side} of {source}: signed requests are refused",
        "sudo timedatectl set-ntp true",
    )


def machine(facts: Facts) -> Line:
    """The machine has what min_compute.yml asks for."""
    needs, has = facts.needs, facts.machine
    if needs is None:
        return unknown("machine", "no min_compute.yml to hold it against (--min-compute FILE)")
    architecture = SAME_ARCHITECTURE.get(has.architecture.lower(), has.architecture.lower())
    short = [
        f"{name} {found:g} of {least:g}"
        for name, found, least in (
            ("cores", has.cores, needs.cores),
            ("memory GiB", round(has.memory_gib, 1), needs.memory_gib),
            ("free disk GiB", round(has.storage_gib, 1), needs.storage_gib),
            ("GPU memory GiB", round(has.gpu_gib or 0.0, 1), needs.gpu_gib or 0.0),
        )
        if found < least
    ]
    if needs.gpu_gib is not None and has.gpu_gib is None:
        short.append("no GPU")
    if needs.architectures and architecture not in needs.architectures:
        short.append(f"architecture {architecture}, not {' or '.join(needs.architectures)}")
    if short:
        return failed(
            "machine",
            "too small: " + ", ".join(short),
            "lscpu; free -g; df -h ~   # then move to a larger one",
        )
    return ok(
        "machine", f"{has.cores} cores, {has.memory_gib:.1f} GiB memory, {has.storage_gib:.0f} GiB free"
    )


def port(facts: Facts) -> Line:
    """Validators find this miner at the address that it published."""
    reach, me = facts.reach, facts.me
    if me is None or reach is None:
        return unknown("port", "nothing to look for without a seat")
    start = commands.run("miner", facts.keys, f"--port {reach.port}", "--external-ip YOUR_PUBLIC_IP")
    if reach.address is None:
        return failed("port", "the chain shows no address: nobody asks this miner", start)
    shown = f"{reach.address.host}:{reach.address.port}"
    if reach.refusal is not None:
        return failed("port", f"{shown} is {reach.refusal}: validators do not ask it", start)
    if reach.answers == me.hotkey:
        return ok("port", f"{shown} answers as this hotkey")
    if reach.answers:
        return failed("port", f"at {shown} another hotkey answers: {reach.answers}", start)
    if not reach.listening:
        return failed(
            "port", f"nothing listens on port {reach.port} of this machine: the miner is not running", start
        )
    if reach.answers == "":
        return failed(
            "port",
            f"something that is no Assay miner answers at {shown}",
            f"ss -ltnp 'sport = :{reach.port}'",
        )
    return failed(
        "port",
        f"the miner runs, but {shown} does not answer from here: a firewall or router is in the way",
        f"sudo ufw allow {reach.address.port}/tcp   # and forward the port on the router",
    )
