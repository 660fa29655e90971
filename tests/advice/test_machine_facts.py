"""What is measured of the machine and its clock, and what the doctor makes of figures at the edges."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurons.machine import clock, machine, needs
from subnet.advice import host, membership
from subnet.advice.facts import Clock, Facts, Keys, Machine, Needs, Subnet, Terms
from subnet.errors import SettingsError
from subnet.protocol import Coldkey, Hotkey, Peer

KEYS = Keys("finney", 2, "alice", "miner", "~/.bittensor/wallets", Hotkey("me"))
BIG = Machine(cores=8, memory_gib=32.0, storage_gib=200.0, architecture="x86_64")
TERMS = Terms(
    tempo=360,
    immunity=4096,
    rate_limit=100,
    version_key=0,
    min_weights=1,
    max_weight=65535,
    activity_cutoff=5000,
    stake_threshold=0,
    max_validators=2,
    seats=4,
    min_non_immune=0,
    price=10**9,
    started=True,
    owner_coldkey=Coldkey("owner"),
)


def peer(name: str, uid: int, stake: int = 0, **more: Any) -> Peer:
    facts = {"address": None, "validator_permit": False, "incentive": 0.0, "dividends": 0.0, "emission": 0}
    facts |= {"registered_at": 0, "last_update": 0, **more}
    return Peer(hotkey=Hotkey(name), coldkey=Coldkey(f"{name}'s"), uid=uid, stake=stake, **facts)


def facts(*peers: Peer, machine: Machine = BIG, ahead: float | None = 0.0, **subnet: Any) -> Facts:
    members = {one.hotkey: one for one in peers}
    known = {"block": 10_000, "blocks_left": 10, "owner": Hotkey("owner"), "terms": TERMS, "local": False}
    return Facts(
        KEYS,
        "11.3.0",
        machine,
        Clock(ahead, "a server"),
        subnet=Subnet(members=members, **{**known, **subnet}),
    )


async def test_a_time_server_tells_how_far_the_clock_is_off(time_server: Any) -> None:
    async with time_server(-7.0) as address:
        told = await clock(address)
    assert told.ahead == pytest.approx(7.0, abs=0.5)
    assert host.clock(facts(ahead=told.ahead)).status == "failed"


async def test_without_an_answer_nobody_knows_and_nothing_fails() -> None:
    for server in ("", "127.0.0.1:9", "127.0.0.1:none"):
        told = await clock(server, seconds=0.3)
        assert told.ahead is None and told.source
        assert host.clock(facts(ahead=None)).status == "unknown"


@pytest.mark.parametrize(("ahead", "status"), [(1.9, "ok"), (2.1, "failed"), (-4.9, "ok"), (-5.1, "failed")])
def test_a_clock_may_be_off_as_far_as_signed_requests_allow(ahead: float, status: str) -> None:
    assert host.clock(facts(ahead=ahead)).status == status


@pytest.mark.parametrize("role", ["miner", "validator"])
async def test_this_machine_is_measured_and_the_shipped_demands_are_read(role: str, tmp_path: Path) -> None:
    asked, has = needs(role, None), await machine(tmp_path / "not" / "yet" / "there")
    assert (
        asked is not None and asked.cores >= 1 and "x86_64" in asked.architectures and asked.gpu_gib is None
    )
    assert has.cores >= 1 and has.memory_gib > 0 and has.storage_gib > 0 and has.architecture


@pytest.mark.parametrize("text", ["", "miner: 3", "miner: {cpu: {min_cores: many}}", "miner: [", "- a"])
def test_demands_that_are_none_are_a_wrong_setting(tmp_path: Path, text: str) -> None:
    (tmp_path / "min.yml").write_text(text)
    with pytest.raises(SettingsError, match=r"min\.yml"):
        needs("miner", tmp_path / "min.yml")


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        (Needs(cores=16), "cores 8 of 16"),
        (Needs(memory_gib=64), "memory GiB 32 of 64"),
        (Needs(storage_gib=500), "free disk GiB 200 of 500"),
        (Needs(gpu_gib=24), "no GPU"),
        (Needs(architectures=("arm64",)), "architecture x86_64"),
    ],
)
def test_what_a_machine_lacks_is_named(asked: Needs, word: str) -> None:
    line = host.machine(replace(facts(), needs=asked))
    assert line.status == "failed" and word in line.says


def test_a_node_that_has_fallen_behind_is_named() -> None:
    assert membership.chain(facts(head_age=30.0)).status == "ok"
    assert membership.chain(facts(head_age=600.0)).status == "failed"


def test_a_registration_is_no_setting_of_weights() -> None:
    new = peer("me", 1, validator_permit=True, registered_at=9_000, last_update=9_000)
    assert membership.activity(facts(new)).status == "note"
    assert membership.validators(facts(new)).status == "failed"
    assert membership.activity(facts(replace(new, last_update=9_500))).status == "ok"


@given(st.lists(st.integers(0, 50), max_size=8), st.integers(0, 50), st.integers(0, 20))
def test_the_permits_floor_is_the_least_stake_that_is_among_the_best(
    others: list[int], mine: int, threshold: int
) -> None:
    me = peer("me", 0, mine)
    members = [me, *(peer(f"other {uid}", uid, stake) for uid, stake in enumerate(others, 1))]
    subnet = facts(*members, terms=replace(TERMS, stake_threshold=threshold)).subnet
    assert subnet is not None
    floor = membership.permit_floor(subnet, me)
    better = sum(stake >= floor for stake in others)
    assert floor >= max(threshold, 1) and better < TERMS.max_validators
    if floor > max(threshold, 1):
        assert sum(stake >= floor - 1 for stake in others) >= TERMS.max_validators


def test_with_room_nobody_goes_and_in_a_full_subnet_the_least_and_oldest() -> None:
    seats = [
        peer("owner", 0),
        peer("a", 1, emission=5),
        peer("me", 2, emission=1),
        peer("b", 3, emission=1, registered_at=9),
    ]
    room, full = facts(*seats[:3]).subnet, facts(*seats).subnet
    assert room is not None and full is not None
    assert membership.next_to_go(room) is None
    assert membership.next_to_go(full) == 2
    assert membership.immunity(facts(*seats)).status == "failed"
