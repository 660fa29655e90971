"""The journal never calls effective what the chain does not hold, whatever becomes of extrinsics on their way.

The duty, the SDK and the chain are real; a proxy between them drops, delays and reorders what is submitted. The
arena looks into the chain's storage whenever the journal says "effective".
"""

import json
import random
from pathlib import Path

import bittensor_core
import pytest

from neurons.localnet.rpc import rpc
from subnet.devnet.calls import account_of
from subnet.devnet.pallets.subtensor import storage
from subnet.devnet.scale import BYTES, U16, U64, Tuple, Vec
from tests.validator.arena import HOTKEYS, arena

ABLE, BAKER, OWNER = HOTKEYS["able"], HOTKEYS["baker"], HOTKEYS["owner"]


async def test_what_arrives_is_read_back_and_effective(tmp_path):
    async with arena(tmp_path, "plain") as field:
        await field.late()
        for _ in range(3):
            await field.look()
        assert field.statuses() == ["planned", "sent", "included", "effective"]
        assert field.stored() == {ABLE: 65535, BAKER: 21845}


async def test_what_is_dropped_is_never_effective_and_sent_again(tmp_path):
    async with arena(tmp_path, "drop") as field:
        await field.late()
        field.proxy.submit = "drop"
        await field.look()
        await field.look()
        assert field.statuses() == ["planned", "sent"] * 2
        assert field.proxy.submitted == 2
        field.proxy.submit = "pass"
        await field.look()
        await field.look()
        assert field.statuses(3) == ["planned", "sent", "included", "effective"]


async def test_what_arrives_late_becomes_effective_when_it_is_seen_and_is_not_sent_again(tmp_path):
    async with arena(tmp_path, "delay") as field:
        await field.late()
        field.proxy.submit = "hold"
        await field.look()
        assert field.statuses() == ["planned", "sent"]
        await field.proxy.release()
        field.proxy.submit = "pass"
        await field.look()
        await field.look()
        assert field.statuses() == ["planned", "sent", "included", "effective"]
        assert field.proxy.submitted == 1


async def test_of_two_that_overtake_each_other_only_one_can_reach_the_chain(tmp_path):
    async with arena(tmp_path, "reorder") as field:
        await field.late()
        field.proxy.submit = "hold"
        await field.look()
        field.weights = {OWNER: 1.0}
        field.proxy.submit = "pass"
        await field.look()
        await field.proxy.release()
        for _ in range(2):
            await field.look()
        assert field.statuses(2) == ["planned", "sent", "included", "effective"]
        assert field.stored() == {OWNER: 65535}
        await field.late()
        await field.late()
        await field.look()
        assert field.statuses(1)[-1] == "failed"
        assert "effective" not in field.statuses(1)


async def test_what_was_sent_before_a_restart_is_found_after_it(tmp_path):
    async with arena(tmp_path, "restart") as field:
        await field.late()
        field.proxy.submit = "hold"
        await field.look()
        field.duty.recover(field.chain.node.state.block)  # as a process does when it starts again
        await field.proxy.release()
        await field.look()
        assert field.statuses() == ["planned", "sent", "included", "effective"]


async def test_weights_that_somebody_else_overwrote_are_not_called_effective(tmp_path):
    """Included, and then replaced by the same hotkey from elsewhere before it could be read back."""
    async with arena(tmp_path, "overwritten") as field:
        await field.late()
        await field.look()
        assert field.statuses() == ["planned", "sent", "included"]
        await field.chain.call(
            HOTKEYS["vera"],
            "SubtensorModule.set_weights",
            netuid=field.netuid,
            dests=[0],
            weights=[1],
            version_key=0,
        )
        await field.look()
        assert field.statuses() == ["planned", "sent", "included"]


@pytest.mark.parametrize("seed", range(2))
async def test_whatever_becomes_of_extrinsics_the_journal_tells_the_truth(tmp_path, seed):
    rng = random.Random(seed)
    async with arena(tmp_path, f"random {seed}") as field:
        for _ in range(4):
            await field.late()
            field.weights = {hotkey: rng.random() for hotkey in rng.sample([ABLE, BAKER, OWNER], 2)}
            for _ in range(4):
                field.proxy.submit = rng.choice(["drop", "hold", "pass"])
                await field.look()
                if rng.random() < 0.4:
                    await field.proxy.release()
        field.proxy.submit = "pass"
        await field.late()
        for _ in range(3):
            await field.look()
        assert field.statuses()[-1] == "effective"
        assert field.told[-1].plan == max(entry.plan for entry in field.told)


async def test_another_mechanism_has_weights_of_its_own(tmp_path):
    two = {
        "sudo_set_min_allowed_uids": {"min_allowed_uids": 3},
        "sudo_set_max_allowed_uids": {"max_allowed_uids": 64},
        "sudo_set_mechanism_count": {"mechanism_count": 2},
    }
    async with arena(tmp_path, "mechanism", mechid=1, **two) as field:
        await field.late()
        for _ in range(2):
            await field.look()
        assert field.statuses() == ["planned", "sent", "included", "effective"]
        uid = storage.Uids[field.state, field.netuid, account_of(HOTKEYS["vera"])]
        assert storage.Weights[field.state, field.netuid, uid] == ()


async def test_a_cap_on_single_weights_is_what_was_meant_and_is_read_back(tmp_path):
    async with arena(tmp_path, "cap", sudo_set_min_allowed_weights={"min_allowed_weights": 1}) as field:
        storage_limit = storage.MaxWeightsLimit.raw_key((field.netuid,))
        field.chain.node.set_storage([(storage_limit, U16.encode(40_000))])
        field.weights = {ABLE: 0.9, BAKER: 0.1}
        await field.late()
        for _ in range(2):
            await field.look()
        assert field.statuses() == ["planned", "sent", "included", "effective"]
        assert field.stored()[BAKER] / sum(field.stored().values()) == pytest.approx(
            1 - 40_000 / 65535, abs=1e-3
        )


PULSE = json.loads((Path(__file__).parents[1] / "vectors" / "drand_round.json").read_text())
ROUND = int(PULSE["round"])


def sealed_for_a_published_round(uids, weights, version_key, hotkey, **schedule):
    """As the SDK seals weights, but for a round of the beacon that the test has on file."""
    content = Tuple(BYTES, Vec(U16), Vec(U16), U64).encode(
        (bytes(hotkey), tuple(uids), tuple(weights), version_key)
    )
    return bittensor_core.encrypt_at_round(content, ROUND)[0], ROUND


async def test_timelocked_weights_are_included_and_effective_only_once_they_are_revealed(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(bittensor_core, "get_encrypted_commit_v2", sealed_for_a_published_round)
    async with arena(tmp_path, "timelocked", commit_reveal=True) as field:
        await field.late()
        for _ in range(3):
            await field.look()
        assert field.statuses() == ["planned", "sent", "included"]
        assert field.told[-1].detail["path"] == "timelocked"
        assert field.stored() == {}
        await rpc(
            field.chain.endpoint, "dev_setDrandPulse", {"round": ROUND, "signature": PULSE["signature"]}
        )
        await field.look()
        assert field.statuses() == ["planned", "sent", "included"], "its epoch has not come"
        await field.late()
        await field.look()
        assert field.statuses(1) == ["planned", "sent", "included", "effective"]
        assert field.stored() == {ABLE: 65535, BAKER: 21845}


async def test_timelocked_weights_like_the_ones_before_them_are_not_effective_before_their_own_reveal(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(bittensor_core, "get_encrypted_commit_v2", sealed_for_a_published_round)
    async with arena(tmp_path, "same again", commit_reveal=True) as field:
        await field.late()
        await field.look()
        await rpc(
            field.chain.endpoint, "dev_setDrandPulse", {"round": ROUND, "signature": PULSE["signature"]}
        )
        await field.late()
        await field.look()
        assert field.statuses(1)[-1] == "effective"
        for _ in range(3):
            await field.look()
        assert field.stored() == {ABLE: 65535, BAKER: 21845}, "the chain holds the same values already"
        assert field.statuses(2) == ["planned", "sent", "included"]
        await field.late()
        await field.look()
        assert field.statuses(2)[-1] == "effective"


async def test_timelocked_weights_that_are_never_revealed_stay_included(tmp_path):
    """By the SDK's own sealing, for a round that this chain never hears of."""
    async with arena(tmp_path, "sealed", commit_reveal=True) as field:
        for _ in range(4):
            await field.late()
            for _ in range(2):
                await field.look()
        assert "included" in field.statuses()
        assert "effective" not in field.statuses()
