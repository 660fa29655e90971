"""However neurons come, go and change their keys, the maps between hotkeys and uids tell the same."""

from random import Random
from typing import Any

import pytest

from subnet.devnet.dispatch import DispatchError
from subnet.devnet.pallets.subtensor import storage
from subnet.devnet.pallets.subtensor.audit import audit

SEATS = 6
VECTORS = (
    storage.Active,
    storage.Emission,
    storage.Consensus,
    storage.Dividends,
    storage.ValidatorTrust,
    storage.ValidatorPermit,
    storage.Incentive,
    storage.LastUpdate,
)


def assert_consistent(state: Any, netuid: int) -> None:
    """Raises AssertionError when two of the books on seats differ."""
    count = storage.SubnetworkN[state, netuid]
    keys = {uid: hotkey for (uid,), hotkey in storage.Keys.items(state, netuid)}
    uids = {hotkey: uid for (hotkey,), uid in storage.Uids.items(state, netuid)}
    assert sorted(keys) == list(range(count)) and count <= SEATS
    assert uids == {hotkey: uid for uid, hotkey in keys.items()}
    members = {hotkey for hotkey, at in storage.IsNetworkMember.all_keys(state) if at == netuid}
    assert members == set(uids)
    assert all(len(vector[state, netuid]) == count for vector in VECTORS)
    assert all(storage.Owner.has(state, hotkey) for hotkey in uids)


@pytest.mark.parametrize("seed", range(4))
def test_after_any_registrations_and_swaps_the_books_on_seats_agree(
    chain: Any, hotkey: Any, seed: int
) -> None:
    random, netuid = Random(seed), chain.subnet()
    chain.root("AdminUtils.sudo_set_max_allowed_uids", netuid, SEATS)
    for _ in range(120):
        who = random.choice([chain.alice, chain.bob])
        name, other = (hotkey(f"key {random.randrange(12)}") for _ in range(2))
        action = random.choice(["register", "register", "swap", "swap everywhere", "serve", "block"])
        try:
            if action == "register":
                chain.call(who, "burned_register", netuid, name)
            elif action == "serve":
                chain.call(name, "serve_axon", netuid, 1, 0x01020304, 8091, 4, 4, 0, 0)
            elif action == "block":
                chain.blocks(random.randrange(1, 12))
            else:
                chain.call(who, "swap_hotkey", name, other, netuid if action == "swap" else None)
        except DispatchError:
            continue
        assert_consistent(chain.state, netuid)
    assert audit(chain.state) == []
