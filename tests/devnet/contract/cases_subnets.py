"""Subnets and seats: founding, starting, registering, serving, naming, scheduling, ending."""

from __future__ import annotations

from typing import Any

from bittensor_core import ss58_encode

from subnet.devnet.pallets.subtensor import storage
from subnet.devnet.pallets.subtensor.subnets import subnet_account
from subnet.devnet.state import State
from tests.devnet.contract.world import (
    ALICE,
    BOB,
    CHARLIE,
    DAVE,
    MONA,
    NETUID,
    NORA,
    NORA_KEY,
    NOWHERE,
    OWNER,
    ROOT,
    TAO,
    UNSTARTED,
    VERA,
    VERA_KEY,
    Stored,
    cold,
    hot,
    no,
    ok,
    register,
)

SYSTEM_ACCOUNT = ss58_encode(subnet_account(NETUID), 42)
NAMES = ("subnet_name", "github_repo", "subnet_contact", "subnet_url", "discord", "description", "logo_url",
         "additional")  # fmt: skip
SUBNET_IDENTITY: dict[str, Any] = dict.fromkeys(NAMES, b"x")
IDENTITY: dict[str, Any] = dict.fromkeys(
    ("name", "url", "github_repo", "image", "discord", "description", "additional"), b"x"
)
SEAT = {"netuid": NETUID, "hotkey": hot(NORA)}
POW = {"block_number": 0, "nonce": 0, "work": b"", "coldkey": cold(NORA)}
AXON = {"netuid": NETUID, "version": 1, "ip": 134744072, "port": 8091, "ip_type": 4, "protocol": 4,
        "placeholder1": 0, "placeholder2": 0}  # fmt: skip
PROMETHEUS = {"netuid": NETUID, "version": 1, "ip": 134744072, "port": 8091, "ip_type": 4}
SWAP = {"hotkey": hot(MONA), "new_hotkey": hot(NORA), "netuid": None}
LOOPBACK = 2130706433


def closed(state: State) -> None:
    """Takes no more neurons on subnet 2."""
    storage.NetworkRegistrationAllowed[state, NETUID] = False


def without_seats(state: State) -> None:
    """Leaves no room on subnet 2."""
    storage.MaxAllowedUids[state, NETUID] = 0


def dear(state: State) -> None:
    """A seat costs more than Dave has."""
    storage.Burn[state, NETUID] = storage.MaxBurn[state, NETUID] = 5000 * TAO


def commit_reveal(state: State) -> None:
    """Weights are committed on subnet 2."""
    storage.CommitRevealWeightsEnabled[state, NETUID] = True


def full_of_subnets(state: State) -> None:
    """There are as many subnets as there may be, all immune."""
    storage.SubnetLimit[state] = 2


def one_subnet_a_day(state: State) -> None:
    """A subnet may be founded every 7200 blocks."""
    storage.NetworkRateLimit[state] = 7200


def too_late(state: State) -> None:
    """Founding of subnets has not begun."""
    storage.NetworkRegistrationStartBlock[state] = 10**6


def slow_start(state: State) -> None:
    """A subnet starts 100 blocks after it was founded at the earliest."""
    storage.StartCallDelay[state] = 100


def freeze(state: State) -> None:
    """Owners may change nothing in the last 10 blocks before an epoch, which at this tempo is always."""
    storage.AdminFreezeWindow[state] = 10


FOUNDING = [
    ok("register_network", CHARLIE, "NetworkAdded", hotkey=hot(NORA)),
    no("register_network", CHARLIE, "NonAssociatedColdKey", hotkey=hot(VERA)),
    no("register_network", DAVE, "CannotUseSystemAccount", hotkey=SYSTEM_ACCOUNT),
    no("register_network", DAVE, "SubNetRegistrationDisabled", hotkey=hot(NORA)).after(too_late),
    no("register_network", DAVE, "RateLimitExceeded", hotkey=hot(NORA)).after(one_subnet_a_day),
    no("register_network", DAVE, "SubnetLimitReached", hotkey=hot(NORA)).after(full_of_subnets),
    no("register_network", DAVE, "CannotAffordLockCost", hotkey=hot(NORA)),
    ok("register_network_with_identity", CHARLIE, "SubnetIdentitySet", hotkey=hot(NORA), identity=SUBNET_IDENTITY),
    no("register_network_with_identity", CHARLIE, "InvalidIdentity", hotkey=hot(NORA),
       identity={**SUBNET_IDENTITY, "subnet_name": b"x" * 300}),
    ok("start_call", BOB, "FirstEmissionBlockNumberSet", netuid=UNSTARTED),
    no("start_call", ALICE, "FirstEmissionBlockNumberAlreadySet", netuid=NETUID),
    no("start_call", CHARLIE, "BadOrigin", netuid=UNSTARTED),
    no("start_call", BOB, "SubnetNotExists", netuid=NOWHERE),
    no("start_call", BOB, "NeedWaitingMoreBlocksToStarCall", netuid=UNSTARTED).after(slow_start),
    ok("dissolve_network", ROOT, "NetworkRemoved", coldkey=cold(OWNER), netuid=NETUID),
    no("dissolve_network", ALICE, "BadOrigin", coldkey=cold(OWNER), netuid=NETUID),
    ok("root_dissolve_network", ROOT, "NetworkRemoved", netuid=NETUID),
    no("root_dissolve_network", ROOT, "SubnetNotExists", netuid=NOWHERE),
    no("root_dissolve_network", ALICE, "BadOrigin", netuid=NETUID),
    ok("set_subnet_identity", ALICE, "SubnetIdentitySet", netuid=NETUID, **SUBNET_IDENTITY),
    no("set_subnet_identity", BOB, "BadOrigin", netuid=NETUID, **SUBNET_IDENTITY),
    no("set_subnet_identity", ALICE, "InvalidIdentity", netuid=NETUID, **{**SUBNET_IDENTITY, "discord": b"x" * 257}),
    ok("update_symbol", ALICE, "SymbolUpdated", netuid=NETUID, symbol="ω".encode()),
    no("update_symbol", ALICE, "SymbolAlreadyInUse", netuid=NETUID, symbol="α".encode()),
    no("update_symbol", ALICE, "SymbolDoesNotExist", netuid=NETUID, symbol=b"$"),
    no("update_symbol", BOB, "BadOrigin", netuid=NETUID, symbol="ω".encode()),
]  # fmt: skip

SEATS = [
    register(NORA),
    no("burned_register", DAVE, "RegistrationNotPermittedOnRootSubnet", netuid=0, hotkey=hot(NORA)),
    no("burned_register", DAVE, "SubnetNotExists", netuid=NOWHERE, hotkey=hot(NORA)),
    no("burned_register", DAVE, "SubNetRegistrationDisabled", **SEAT).after(closed),
    no("burned_register", BOB, "HotKeyAlreadyRegisteredInSubNet", netuid=NETUID, hotkey=hot(VERA)),
    no("burned_register", DAVE, "NotEnoughBalanceToStake", **SEAT).after(dear),
    no("burned_register", DAVE, "NonAssociatedColdKey", netuid=UNSTARTED, hotkey=hot(VERA)),
    no("burned_register", DAVE, "CannotUseSystemAccount", netuid=NETUID, hotkey=SYSTEM_ACCOUNT),
    no("burned_register", DAVE, "NoNeuronIdAvailable", **SEAT).after(without_seats),
    ok("register", DAVE, "NeuronRegistered", **SEAT, **POW),
    no("register", DAVE, "SubNetRegistrationDisabled", **SEAT, **POW).after(closed),
    ok("register_limit", DAVE, "NeuronRegistered", **SEAT, limit_price=5000 * TAO),
    no("register_limit", DAVE, "RegistrationPriceLimitExceeded", **SEAT, limit_price=1),
    ok("root_register", CHARLIE, "NeuronRegistered", hotkey=hot(MONA)),
    no("root_register", BOB, "HotKeyAlreadyRegisteredInSubNet", hotkey=hot(VERA)),
    no("root_register", CHARLIE, "NonAssociatedColdKey", hotkey=hot(OWNER)),
    ok("try_associate_hotkey", DAVE, Stored("Owner", (hot(NORA),), cold(NORA)), hotkey=hot(NORA)),
    no("try_associate_hotkey", DAVE, "CannotUseSystemAccount", hotkey=SYSTEM_ACCOUNT),
    ok("swap_hotkey", CHARLIE, "HotkeySwapped", **SWAP),
    no("swap_hotkey", DAVE, "NonAssociatedColdKey", **SWAP),
    no("swap_hotkey", CHARLIE, "NewHotKeyIsSameWithOld", **{**SWAP, "new_hotkey": hot(MONA)}),
    ok("swap_hotkey_v2", CHARLIE, "HotkeySwapped", **SWAP, keep_stake=True),
    no("swap_hotkey_v2", CHARLIE, "HotKeyAlreadyRegisteredInSubNet", **{**SWAP, "new_hotkey": hot(VERA)},
       keep_stake=False),
    ok("set_identity", BOB, "ChainIdentitySet", **IDENTITY),
    no("set_identity", DAVE, "HotKeyNotRegisteredInNetwork", **IDENTITY),
    no("set_identity", BOB, "InvalidIdentity", **{**IDENTITY, "name": b"x" * 257}),
    # Not modelled (docs/chain.md): refused, whoever asks
    no("announce_coldkey_swap", BOB, "CallFiltered", new_coldkey_hash="0x" + "11" * 32),
    no("swap_coldkey_announced", BOB, "CallFiltered", new_coldkey=cold(NORA)),
]  # fmt: skip

SERVING = [
    ok("serve_axon", VERA_KEY, "AxonServed", **AXON),
    no("serve_axon", NORA_KEY, "HotKeyNotRegisteredInNetwork", **AXON),
    no("serve_axon", VERA_KEY, "InvalidIpAddress", **{**AXON, "ip_type": 5}),
    no("serve_axon", VERA_KEY, "InvalidIpAddress", **{**AXON, "ip": LOOPBACK}),
    no("serve_axon", VERA_KEY, "InvalidPort", **{**AXON, "port": 0}),
    ok("serve_axon_tls", VERA_KEY, "AxonServed", **AXON, certificate=b"\x01" + b"k" * 32),
    no("serve_axon_tls", VERA_KEY, "InvalidPort", **{**AXON, "port": 0}, certificate=b"\x01k"),
    ok("serve_prometheus", VERA_KEY, "PrometheusServed", **PROMETHEUS),
    no("serve_prometheus", VERA_KEY, "InvalidIpAddress", **{**PROMETHEUS, "ip": 0}),
    no("serve_prometheus", NORA_KEY, "HotKeyNotRegisteredInNetwork", **PROMETHEUS),
]  # fmt: skip

SCHEDULE = [
    ok("set_tempo", ALICE, "TempoSet", netuid=NETUID, tempo=360),
    no("set_tempo", ALICE, "TempoOutOfBounds", netuid=NETUID, tempo=359),
    no("set_tempo", BOB, "BadOrigin", netuid=NETUID, tempo=360),
    no("set_tempo", ALICE, "AdminActionProhibitedDuringWeightsWindow", netuid=NETUID, tempo=360).after(freeze),
    no("set_tempo", ALICE, "TxRateLimitExceeded", netuid=NETUID, tempo=361).after(
        ok("set_tempo", ALICE, "TempoSet", netuid=NETUID, tempo=360)),
    ok("set_activity_cutoff_factor", ALICE, Stored("ActivityCutoffFactorMilli", (NETUID,), 1500),
       netuid=NETUID, factor_milli=1500),
    no("set_activity_cutoff_factor", ALICE, "ActivityCutoffFactorMilliOutOfBounds", netuid=NETUID, factor_milli=999),
    no("set_activity_cutoff_factor", BOB, "BadOrigin", netuid=NETUID, factor_milli=1500),
    ok("trigger_epoch", ALICE, "EpochTriggered", netuid=NETUID),
    no("trigger_epoch", ALICE, "DynamicTempoBlockedByCommitReveal", netuid=NETUID).after(commit_reveal),
    no("trigger_epoch", ALICE, "AutoEpochAlreadyImminent", netuid=NETUID).after(freeze),
    no("trigger_epoch", BOB, "BadOrigin", netuid=NETUID),
]  # fmt: skip

CASES = [*FOUNDING, *SEATS, *SERVING, *SCHEDULE]
