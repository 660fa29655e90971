"""A hotkey swap on a real chain: the neuron under its new key keeps what its old key earned."""

import bittensor as bt

from neurons.localnet.cast import Member, make_wallets
from neurons.localnet.founding import Founder
from subnet.chain import Chain
from subnet.protocol import Hotkey
from subnet.validator.scores import Rules

MEMBERS = [Member("owner", "owner"), Member("miner", "miner"), Member("fresh", "miner")]
RULES = Rules(half_life=100)


async def test_a_swapped_hotkey_keeps_its_score_and_a_new_registration_gets_none(
    chain, tmp_path, ledger, observation
):
    keys = make_wallets(MEMBERS, tmp_path / "wallets", 1)
    founder = Founder(chain.endpoint, keys)
    await founder.fund(MEMBERS)
    netuid = await founder.create("owner")
    await chain.advance(2)
    await founder.register(netuid, "miner")
    async with Chain.connect(chain.endpoint, netuid, 10.0) as view:
        before = (await view.peers())[Hotkey(keys["miner"].hotkey)]
        ledger.append(
            [
                observation(
                    before.hotkey,
                    coldkey=before.coldkey,
                    registered_at=before.registered_at,
                    round_id=f"r{n}",
                )
                for n in range(10)
            ]
        )
        old_score = ledger.scores(0, {before.hotkey: before}, RULES)[before.hotkey]
        async with bt.Client(chain.endpoint) as client:
            swap = bt.SwapHotkey(
                hotkey_ss58=before.hotkey, new_hotkey_ss58=keys["fresh"].hotkey, netuid=netuid
            )
            result = await client.execute(swap, keys["miner"].wallet)
        assert result.success, result.message
        members = await view.peers()
        assert before.hotkey not in members
        assert ledger.scores(0, members, RULES) == {keys["fresh"].hotkey: old_score}

        await founder.register(netuid, "miner")
        members = await view.peers()
        assert before.hotkey in members
        assert ledger.scores(0, members, RULES) == {keys["fresh"].hotkey: old_score}
