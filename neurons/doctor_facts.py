"""Gathers what the doctor looks at: keys, chain, port. What cannot be had is left out, with the reason."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import bittensor as bt

from neurons.machine import clock, machine, needs
from neurons.process import opened_wallet
from subnet.advice.doctor import Role
from subnet.advice.facts import Clock, Facts, Keys, Reach, Subnet, Terms
from subnet.chain import Chain
from subnet.errors import ChainError, ConditionError
from subnet.protocol import Address, Coldkey, Hotkey, Peer
from subnet.settings import DoctorSettings
from subnet.transport.addresses import is_local, refusal
from subnet.transport.tls import WrongKey, asking_context, check_pinned

REACH_SECONDS = 5.0
MAX_HEALTH_BYTES = 4096


async def gathered(role: Role, settings: DoctorSettings) -> Facts:
    """Everything that the checks of a role look at. SettingsError for settings that cannot be."""
    asked = needs(role, settings.min_compute) if role != "owner" else None
    keys = _keys(settings)
    told, has, (subnet, problem) = await asyncio.gather(
        clock(settings.time_server), machine(Path.home()), _subnet(settings)
    )
    return Facts(
        keys=keys,
        sdk=bt.__version__,
        machine=has,
        clock=_by_the_chain(told, subnet),
        needs=asked,
        subnet=subnet,
        chain_problem=problem,
        reach=await _reach(settings.port, keys.hotkey, subnet) if role == "miner" else None,
        sent_version_key=settings.version_key,
        mechid=settings.mechid,
    )


def _keys(settings: DoctorSettings) -> Keys:
    folder = settings.wallet_path.expanduser() / settings.wallet
    file = folder / "hotkeys" / settings.wallet_hotkey
    hotkey, problem = None, ""
    try:
        hotkey = Hotkey(opened_wallet(settings).hotkey.ss58_address)
    except ConditionError as missing:
        problem = str(missing).partition(";")[0]
    return Keys(
        network=settings.network,
        netuid=settings.netuid,
        wallet=settings.wallet,
        name=settings.wallet_hotkey,
        path=str(settings.wallet_path),
        hotkey=hotkey,
        coldkey=_public_coldkey(folder),
        coldkey_here=(folder / "coldkey").exists(),
        problem=problem,
        hotkey_file=str(file) if file.exists() else "",
    )


def _public_coldkey(folder: Path) -> Coldkey | None:
    try:
        return Coldkey(str(json.loads((folder / "coldkeypub.txt").read_text())["ss58Address"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


async def _subnet(settings: DoctorSettings) -> tuple[Subnet | None, str]:
    """The subnet, or why there is none."""
    try:
        async with _chain(settings) as chain:
            local = is_local(settings.network, await chain.genesis())
            epoch = await chain.epoch()
            age = None if local else time.time() - await chain.timestamp()
            terms = _terms(await chain.hyperparameters())
            members, owner, count = await chain.peers(), await chain.owner(), await chain.mechanisms()
            if settings.mechid:
                members = _of_mechanism(members, await chain.last_updates())
        return Subnet(epoch.block, epoch.blocks_left, members, owner, terms, local, age, count), ""
    except (ChainError, ConditionError) as problem:
        return None, str(problem)
    except (KeyError, TypeError, ValueError) as problem:
        # A node of another age may leave out what this SDK names, or say it in another way.
        return None, f"the chain's answer has another form than this SDK knows: {problem!r}"


def _chain(settings: DoctorSettings) -> AbstractAsyncContextManager[Chain]:
    return Chain.connect(settings.network, settings.netuid, settings.chain_seconds, mechid=settings.mechid)


def _of_mechanism(members: Mapping[Hotkey, Peer], updates: Sequence[int]) -> dict[Hotkey, Peer]:
    """The members, each with when it set weights for a mechanism beyond the first; a metagraph tells of that only."""
    last = dict(enumerate(updates))
    return {
        hotkey: replace(peer, last_update=max(peer.registered_at, last.get(peer.uid, 0)))
        for hotkey, peer in members.items()
    }


def _terms(named: dict[str, Any]) -> Terms:
    return Terms(
        tempo=named["tempo"],
        immunity=named["immunity_period"],
        rate_limit=named["weights_rate_limit"],
        version_key=named["weights_version"],
        min_weights=named["min_allowed_weights"],
        max_weight=named["max_weights_limit"],
        activity_cutoff=named["activity_cutoff"],
        stake_threshold=named["StakeThreshold"],
        max_validators=named["max_validators"],
        seats=int(named["MaxAllowedUids"]),
        min_non_immune=int(named["MinNonImmuneUids"]),
        price=named["price_rao"],
        started=bool(named["SubtokenEnabled"]),
        owner_coldkey=Coldkey(str(named["SubnetOwner"])),
    )


def _by_the_chain(told: Clock, subnet: Subnet | None) -> Clock:
    """The time server's word; without it a block from the future still tells that the clock is slow."""
    if told.ahead is not None or subnet is None or subnet.head_age is None or subnet.head_age >= 0:
        return told
    return Clock(subnet.head_age, "the chain's newest block")


async def _reach(port: int, hotkey: Hotkey | None, subnet: Subnet | None) -> Reach:
    me: Peer | None = subnet.members.get(hotkey) if subnet and hotkey else None
    key = me.address.key if me and me.address else ""
    listening = await _health(Address("127.0.0.1", port, key)) is not None
    if subnet is None or me is None or me.address is None:
        return Reach(port, listening)
    refused = refusal(me.address.host, subnet.local)
    answers = None if refused else await _health(me.address)
    return Reach(port, listening, me.address, answers, refused)


async def _health(address: Address) -> str | None:
    """The hotkey that answers at an address, "" when something else does, None when nothing does."""
    try:
        async with asyncio.timeout(REACH_SECONDS):
            tls = asking_context() if address.key else None
            reader, writer = await asyncio.open_connection(address.host, address.port, ssl=tls)
        if address.key:
            check_pinned(writer.get_extra_info("ssl_object"), address.key)
    except (OSError, TimeoutError):
        return None
    except WrongKey:
        writer.close()
        return ""
    try:
        async with asyncio.timeout(REACH_SECONDS):
            writer.write(b"GET /health HTTP/1.1\r\nHost: miner\r\nConnection: close\r\n\r\n")
            raw = b""
            while len(raw) < MAX_HEALTH_BYTES and (more := await reader.read(MAX_HEALTH_BYTES - len(raw))):
                raw += more
        return str(json.loads(raw.partition(b"\r\n\r\n")[2])["hotkey"])[:64]
    except (OSError, TimeoutError, ValueError, KeyError, TypeError):
        return ""
    finally:
        writer.close()
