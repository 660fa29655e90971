"""Founds the subnet: the calls that one would send to any local chain, in an order that the rules allow.

Fund, register_network, start_call, root's settings, registrations, seats, stake; tempo comes last, because it
resets the epoch clock. Root's calls go through Sudo.sudo: the freeze window before an epoch binds owners only.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import bittensor as bt

from neurons.localnet.cast import Keys, Member
from subnet.errors import ChainError

CALL_SECONDS = 30.0
FOUNDING_TEMPO = 5_000  # no epoch before everybody is ready: which of them gives permits must not be chance
SEATS = 8
OWNER_TAO = 1_100  # 1,000 lock a subnet, the rest pays fees
# The pool holds 1,000 alpha for 1,000 TAO at first. The later buyer pays more for the same: both hold about 310.
STAKE_TAO = (450, 1_180)
VALIDATOR_TAO = 1_500
# Together they must hold more alpha than the subnet emits within its activity cutoff, one alpha per block.
MAX_CUTOFF_BLOCKS = 500
FULL_CUTOFF_MILLI = 13_889  # the chain's own default, in thousandths of a tempo
MINER_TAO = 100
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Terms:
    """The subnet's figures: `tempo` and `immunity` in blocks."""

    tempo: int
    immunity: int


class Founder:
    """Sends the founding calls to the chain at `endpoint`, each by the key that must sign it."""

    def __init__(self, endpoint: str, keys: dict[str, Keys]) -> None:
        self._endpoint = endpoint
        self._keys = keys

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[bt.Client]:
        async with asyncio.timeout(CALL_SECONDS):
            client = await bt.Client(self._endpoint).connect()
        try:
            yield client
        finally:
            await client.close()

    async def fund(self, members: list[Member]) -> None:
        """Alice sends every coldkey what its role costs."""
        amounts = {"owner": OWNER_TAO, "validator": VALIDATOR_TAO, "miner": MINER_TAO}
        async with self._client() as client:
            for member in members:
                coldkey = self._keys[member.name].coldkey
                transfer = bt.Transfer(dest_ss58=coldkey, amount_tao=amounts[member.role])
                await self._execute(client, transfer, "alice", f"funding {member.name}")

    async def create(self, owner: str) -> int:
        """The owner registers and starts a subnet; returns its netuid."""
        async with self._client() as client:
            intent = bt.RegisterSubnet(hotkey_ss58=self._keys[owner].hotkey)
            result = await self._execute(client, intent, owner, "registering the subnet")
            netuid = int(result.data["netuid"])
            await self._execute(client, bt.StartCall(netuid=netuid), owner, "starting the subnet")
        return netuid

    async def configure(self, netuid: int, terms: Terms) -> None:
        """Root's settings for a small subnet with quick epochs."""
        admin = bt.calls.AdminUtils
        cutoff = min(FULL_CUTOFF_MILLI, MAX_CUTOFF_BLOCKS * 1000 // terms.tempo)
        await self._sudo(
            admin.sudo_set_tempo(netuid=netuid, tempo=FOUNDING_TEMPO),
            admin.sudo_set_commit_reveal_weights_enabled(netuid=netuid, enabled=False),
            admin.sudo_set_weights_set_rate_limit(netuid=netuid, weights_set_rate_limit=1),
            admin.sudo_set_serving_rate_limit(netuid=netuid, serving_rate_limit=0),
            admin.sudo_set_min_non_immune_uids(netuid=netuid, min=0),
            admin.sudo_set_max_allowed_validators(netuid=netuid, max_allowed_validators=2),
            admin.sudo_set_immunity_period(netuid=netuid, immunity_period=terms.immunity),
            admin.sudo_set_activity_cutoff_factor(netuid=netuid, factor_milli=cutoff),
            admin.sudo_set_subnet_emission_enabled(netuid=netuid, enabled=True),
        )

    async def register(self, netuid: int, name: str) -> None:
        """One hotkey buys a seat with its own coldkey's money.

        By a fresh client: after a shielded send the SDK's remembered nonce is one behind.
        """
        async with self._client() as client:
            hotkey = self._keys[name].hotkey
            intent = bt.BurnedRegister(netuid=netuid, hotkey_ss58=hotkey)
            await self._execute(client, intent, name, f"registering {name}")

    async def limit_seats(self, netuid: int) -> None:
        """Root makes the subnet exactly as large as its members, so that a newcomer takes somebody's seat."""
        admin = bt.calls.AdminUtils
        await self._sudo(
            admin.sudo_set_min_allowed_uids(netuid=netuid, min_allowed_uids=SEATS - 1),
            admin.sudo_set_max_allowed_uids(netuid=netuid, max_allowed_uids=SEATS),
        )

    async def stake(self, netuid: int, name: str, tao: int) -> None:
        """A validator buys alpha and stakes it on itself."""
        async with self._client() as client:
            hotkey = self._keys[name].hotkey
            intent = bt.AddStake(hotkey_ss58=hotkey, netuid=netuid, amount_tao=tao, slippage_protection=False)
            await self._execute(client, intent, name, f"staking {name}")

    async def set_tempo(self, netuid: int, tempo: int) -> None:
        """Root sets the tempo, which starts the epoch clock anew."""
        await self._sudo(bt.calls.AdminUtils.sudo_set_tempo(netuid=netuid, tempo=tempo))

    async def _sudo(self, *calls: Any) -> None:
        async with self._client() as client:
            for call in calls:
                inner = await client.compose(call)
                sent = client.submit_call(bt.calls.Sudo.sudo(call=inner), self._keys["alice"].wallet)
                _checked(await _bounded(sent, call.function), call.function)

    async def _execute(self, client: bt.Client, intent: Any, name: str, what: str) -> Any:
        return _checked(await _bounded(client.execute(intent, self._keys[name].wallet), what), what)


async def found(endpoint: str, members: list[Member], keys: dict[str, Keys], terms: Terms, say: Say) -> int:
    """Runs the whole founding up to the tempo, which the caller sets when everybody listens; returns the netuid."""
    founder = Founder(endpoint, keys)
    seated = [member for member in members if member.role != "owner" and not member.newcomer]
    say("funding wallets")
    await founder.fund(members)
    netuid = await founder.create("owner")
    say(f"subnet {netuid} is registered and started")
    await founder.configure(netuid, terms)
    for member in seated:
        await founder.register(netuid, member.name)
    say(f"{len(seated)} hotkeys registered")
    await founder.limit_seats(netuid)
    validators = [member.name for member in members if member.role == "validator"]
    for name, tao in zip(validators, STAKE_TAO, strict=True):
        await founder.stake(netuid, name, tao)
    say("validators have staked")
    return netuid


async def _bounded(call: Any, what: str) -> Any:
    try:
        async with asyncio.timeout(CALL_SECONDS):
            return await call
    except TimeoutError as problem:
        raise ChainError(f"{what}: the chain did not answer within {CALL_SECONDS:g} s") from problem
    except bt.BittensorError as problem:
        raise ChainError(f"{what}: {problem}") from problem


def _checked(result: Any, what: str) -> Any:
    if not result.success:
        raise ChainError(f"{what} failed: {result.error or result.message}")
    return result
