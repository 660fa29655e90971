"""Pulses of the drand beacon for a chain that may use the network: what timelocked data on the chain waits for.

The real chain's nodes fetch every pulse; here only those are fetched that something on the chain waits for, once
the clock says that they are published. An endpoint's answer is believed only after its signature has been verified.
A round that cannot be had stays missing and is asked for again: commits wait for it as on the real chain.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from typing import Any

import aiohttp

from subnet.devnet import quicknet
from subnet.devnet.node import Node
from subnet.devnet.pallets import commitments, drand
from subnet.devnet.pallets.subtensor.storage import TimelockedWeightCommits
from subnet.devnet.state import State
from subnet.rules.commits import drand_round

log = logging.getLogger(__name__)

_SECONDS = 10.0  # that one request may take
_LARGEST_ANSWER = 4096  # bytes
_AT_ONCE = 50  # rounds in one turn, as the real chain fetches them


class BeaconError(Exception):
    """An endpoint gave no pulse, or one that is not the beacon's."""


async def follow(node: Node, url: str, every: float = quicknet.PERIOD) -> None:
    """Stores the pulses that the chain waits for, from a drand HTTP endpoint, until it is cancelled."""
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout, raise_for_status=True) as session:
        while True:
            for number in awaited(node.state, drand_round(int(time.time())))[:_AT_ONCE]:
                try:
                    pulse = await fetched(session, url, number)
                except BeaconError as error:
                    log.warning("round %d of drand is still missing: %s", number, error)
                else:
                    node.set_storage(drand.entries(node.state, pulse))
            await asyncio.sleep(every)


def awaited(state: State, published: int) -> list[int]:
    """Rounds up to `published` that timelocked data waits for and the chain has no pulse of, in order."""
    rounds = {sealed[3] for _, queue in TimelockedWeightCommits.items(state) for sealed in queue}
    for netuid, hotkey in commitments.TimelockedIndex[state]:
        registration = commitments.CommitmentOf[state, netuid, hotkey]
        fields = registration.info.fields if registration else ()
        rounds |= {field.fields[1] for field in fields if field.name == commitments.SEALED}
    return sorted(n for n in rounds if 0 < n <= published and not drand.Pulses.has(state, n))


async def fetched(session: aiohttp.ClientSession, url: str, number: int) -> Any:
    """The verified pulse of a round; raises BeaconError."""
    address = f"{url.rstrip('/')}/{quicknet.CHAIN_HASH}/public/{number}"
    try:
        async with session.get(address) as answer:
            body = await _bounded(answer)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise BeaconError(f"{type(error).__name__}: {error}") from error
    return checked(number, body)


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    body = b""
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > _LARGEST_ANSWER:
            raise BeaconError("the answer is too long")
    return body


def checked(number: int, body: bytes) -> Any:
    """The pulse that an endpoint's answer for a round holds; raises BeaconError unless it is the beacon's."""
    try:
        told = json.loads(body)
        told_round, signature = told["round"], bytes.fromhex(told["signature"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BeaconError("the answer is not a pulse") from None
    if told_round != number or not quicknet.is_signature(number, signature):
        raise BeaconError("the pulse is not the beacon's")
    return drand.Pulse(number, quicknet.randomness(signature), signature)
