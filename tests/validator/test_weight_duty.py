"""Once per epoch: weights on the chain, tried until the epoch is over, set only when read back."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from neurons.weight_duty import KEEP_EPOCHS, WeightDuty, lead
from subnet.chain import Epoch, Sent
from subnet.errors import ChainBusy, ChainError
from subnet.protocol import Hotkey
from subnet.validator.journal import Journal

TEMPO = 100
ME, OWNER = Hotkey("me"), Hotkey("owner")
WALLET = SimpleNamespace(hotkey=SimpleNamespace(ss58_address=ME))


@dataclass
class Chain:
    """A chain whose answers the test chooses; `stored` is what reading back finds."""

    peers_now: dict
    block: int = 95
    index: int = 3
    path: str = "plain"
    opens: int = 0
    shows: bool = True
    refusal: Exception | None = None
    sent: list = field(default_factory=list)

    async def epoch(self):
        return Epoch(self.index, self.block, TEMPO, 0, 100)

    async def peers(self):
        return self.peers_now

    async def owner(self):
        return OWNER

    async def weights_open_at(self, hotkey):
        return self.opens

    async def set_weights(self, wallet, weights):
        if self.refusal is not None:
            raise self.refusal
        self.sent.append(dict(weights))
        return Sent(ME, self.block + 1, self.path, {Hotkey("a"): 65535}, None)

    async def read_back(self, sent):
        return self.shows


@pytest.fixture
def told():
    return []


@pytest.fixture
def journal(store, told):
    return Journal(store, told.append)


@pytest.fixture
def chain(peer):
    return Chain({ME: peer(ME, permit=True), OWNER: peer(OWNER)})


@pytest.fixture
def duty(chain, journal):
    return WeightDuty(chain, WALLET, journal, lambda epoch, peers, owner: {Hotkey("a"): 1.0})


def statuses(told):
    return [entry.status for entry in told]


@pytest.mark.parametrize("tempo", [1, 2, 10, 40, 100, 360, 50_400])
def test_there_is_time_for_another_try_before_the_epoch_ends(tempo):
    assert 1 <= lead(tempo) <= max(1, tempo // 2)


async def test_weights_are_set_once_per_epoch_and_only_late_in_it(duty, chain, told):
    chain.block = 10
    await duty.look()
    assert told == []
    chain.block = 90
    for _ in range(4):
        await duty.look()
    assert len(chain.sent) == 1
    assert statuses(told) == ["planned", "sent", "included", "effective"]
    chain.index += 1
    await duty.look()
    assert len(chain.sent) == 2


async def test_weights_that_the_chain_does_not_show_are_never_called_effective(duty, chain, told):
    chain.shows = False
    for _ in range(5):
        await duty.look()
    assert statuses(told) == ["planned", "sent", "included"]
    chain.index, chain.block = 5, 10
    await duty.look()
    assert statuses(told)[-1] == "failed"
    assert "never showed" in told[-1].detail["reason"]


async def test_timelocked_weights_wait_for_their_reveal(duty, chain, told):
    chain.path, chain.shows = "timelocked", False
    await duty.look()
    for chain.index in range(4, 8):
        chain.block = 10
        await duty.look()
    assert statuses(told) == ["planned", "sent", "included"]
    chain.shows = True
    await duty.look()
    assert statuses(told)[-1] == "effective"
    assert told[-1].detail["path"] == "timelocked"


async def test_a_busy_chain_is_tried_again_until_the_epoch_is_over(duty, chain, told):
    chain.refusal = ChainBusy("priority is too low")
    for _ in range(3):
        with pytest.raises(ChainBusy):
            await duty.look()
    assert statuses(told) == ["planned", "sent", "failed"] * 3
    chain.refusal = None
    await duty.look()
    assert len(chain.sent) == 1


async def test_a_refusal_that_will_not_change_is_not_repeated_within_the_epoch(duty, chain, told):
    chain.refusal = ChainError("weights too few")
    for _ in range(3):
        await duty.look()
    assert statuses(told) == ["planned", "sent", "failed"]
    chain.index += 1
    await duty.look()
    assert len(told) == 6


async def test_without_a_permit_it_waits_and_says_so_once(duty, chain, told, peer, caplog):
    chain.peers_now[ME] = peer(ME, permit=False)
    for _ in range(3):
        await duty.look()
    assert told == []
    assert caplog.text.count("no validator permit") == 1


async def test_it_waits_for_the_rate_limit_to_open(duty, chain, told):
    chain.opens = 97
    await duty.look()
    assert told == []
    chain.block = 97
    await duty.look()
    assert len(chain.sent) == 1


async def test_nothing_judged_leaves_the_weights_alone_until_they_are_too_old(chain, journal, caplog):
    judged = {Hotkey("a"): 1.0}
    duty = WeightDuty(chain, WALLET, journal, lambda epoch, peers, owner: judged)
    await duty.look()
    await duty.look()
    judged.clear()
    chain.index, chain.block = 4, 99
    await duty.look()
    assert len(chain.sent) == 1
    assert "stay as they are" in caplog.text
    chain.index = 5
    chain.block = 95 + (KEEP_EPOCHS + 1) * TEMPO
    await duty.look()
    assert chain.sent[-1] == {OWNER: 1.0}


async def test_a_validator_that_never_judged_anything_burns_nothing(chain, journal):
    duty = WeightDuty(chain, WALLET, journal, lambda epoch, peers, owner: {})
    chain.block = 10**6
    await duty.look()
    assert chain.sent == []


async def test_a_restart_does_not_send_an_epoch_s_weights_again(duty, chain, journal, told):
    chain.shows = False
    await duty.look()
    again = WeightDuty(chain, WALLET, journal, lambda epoch, peers, owner: {Hotkey("a"): 1.0})
    again.recover(chain.block)
    chain.shows = True
    await again.look()
    assert len(chain.sent) == 1
    assert statuses(told)[-1] == "effective"


async def test_what_was_half_done_at_a_restart_is_closed_and_done_again(duty, chain, journal, told):
    plan = journal.plan(3, 90, {Hotkey("a"): 1.0})
    journal.sent(plan, 90)
    duty.recover(95)
    assert statuses(told)[-1] == "failed"
    await duty.look()
    assert len(chain.sent) == 1
