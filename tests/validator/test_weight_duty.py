"""Once per epoch: weights on the chain, tried until the epoch is over, set only when read back."""

from dataclasses import asdict, dataclass, field, replace
from types import SimpleNamespace

import pytest

from neurons.weight_duty import KEEP_EPOCHS, WeightDuty, lead
from subnet.chain import Epoch, Limits, Ready, Sent
from subnet.errors import ChainBusy, ChainError, ChainSilent
from subnet.protocol import Hotkey
from subnet.validator.journal import Journal

TEMPO = 100
ME, OWNER = Hotkey("me"), Hotkey("owner")
WALLET = SimpleNamespace(hotkey=SimpleNamespace(ss58_address=ME))


@dataclass
class Chain:
    """A chain whose answers the test chooses; `shows` is whether reading back finds what was sent."""

    peers_now: dict
    block: int = 95
    index: int = 3
    path: str = "plain"
    opens: int = 0
    shows: bool = True
    updated: int = 90
    refusal: Exception | None = None
    sent: list = field(default_factory=list)
    limits_now: Limits = field(default_factory=lambda: Limits(0, 0, 5000, 0, 65535, 0, False))

    async def epoch(self):
        return Epoch(self.index, self.block, TEMPO, 0, 100)

    async def peers(self):
        return self.peers_now

    async def owner(self):
        return OWNER

    async def limits(self):
        return self.limits_now

    async def last_update(self, peer):
        return self.updated

    async def weights_open_at(self, peer):
        return self.opens

    async def prepare(self, hotkey, weights):
        return Ready((), (), Sent(ME, self.block, self.path, dict.fromkeys(weights, 65535)))

    async def send(self, wallet, ready, version_key):
        self.sent.append(list(ready.sent.weights))
        if self.refusal is not None:
            raise self.refusal
        return replace(ready.sent, block=self.block + 1)

    async def read_back(self, sent):
        return self.block if self.shows else None


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
    for _ in range(7):
        await duty.look()
    assert statuses(told) == ["planned", "sent", "failed"] * 7
    chain.refusal = None
    await duty.look()
    assert statuses(told)[-1] == "included"


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
    assert chain.sent[-1] == [OWNER]


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


async def test_what_was_planned_and_not_sent_is_closed_at_a_restart_and_done_again(
    duty, chain, journal, told
):
    journal.plan(3, 90, {Hotkey("a"): 1.0})
    duty.recover(95)
    assert statuses(told)[-1] == "failed"
    await duty.look()
    assert len(chain.sent) == 1


async def test_what_was_sent_before_a_restart_is_read_back_and_not_sent_again(duty, chain, journal, told):
    plan = journal.plan(3, 90, {Hotkey("a"): 1.0})
    journal.sent(plan, 90, asdict(Sent(ME, 90, "plain", {Hotkey("a"): 65535})))
    duty.recover(95)
    await duty.look()
    assert chain.sent == []
    assert statuses(told) == ["planned", "sent", "included", "effective"]


async def test_weights_of_unknown_fate_are_sent_again_until_one_sending_is_read_back(
    duty, chain, told, caplog
):
    chain.refusal, chain.shows = ChainSilent("no answer"), False
    await duty.look()
    await duty.look()
    assert statuses(told) == ["planned", "sent"] * 2
    assert "nobody knows whether the weights arrived" in caplog.text
    chain.shows = True
    await duty.look()
    assert len(chain.sent) == 2
    assert statuses(told)[4:] == ["included", "effective"] * 2


async def test_weights_of_unknown_fate_that_never_appear_are_given_up(duty, chain, told):
    chain.refusal, chain.shows = ChainSilent("no answer"), False
    await duty.look()
    chain.index, chain.block = 5, 10
    await duty.look()
    assert statuses(told) == ["planned", "sent", "failed"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"min_stake": 5 * 10**9}, "a stake weight of 5 is asked for and this hotkey has 0; add stake"),
        ({"version": 7}, "takes version key 7 or later and this validator sends 0"),
    ],
)
async def test_what_the_chain_would_refuse_is_said_in_one_line_before_anything_is_sent(
    duty, chain, told, caplog, change, said
):
    chain.limits_now = replace(chain.limits_now, **change)
    for _ in range(3):
        await duty.look()
    assert (told, chain.sent) == ([], [])
    assert caplog.text.count(said) == 1
    chain.limits_now = replace(chain.limits_now, min_stake=0, version=0)
    await duty.look()
    assert len(chain.sent) == 1


async def test_every_obstacle_has_its_line(duty, chain, peer, caplog):
    chain.peers_now[ME] = peer(ME, permit=False)
    chain.limits_now = replace(chain.limits_now, min_stake=1, version=1)
    for _ in range(2):
        await duty.look()
    assert caplog.text.count("no weights:") == 3


async def test_the_owner_s_own_hotkey_needs_neither_permit_nor_stake(chain, journal, peer):
    wallet = SimpleNamespace(hotkey=SimpleNamespace(ss58_address=OWNER))
    chain.limits_now = replace(chain.limits_now, min_stake=1)
    await WeightDuty(chain, wallet, journal, lambda epoch, peers, owner: {Hotkey("a"): 1.0}).look()
    assert len(chain.sent) == 1


async def test_the_alarm_is_raised_at_half_of_the_activity_cutoff(chain, journal, caplog):
    ages = []
    duty = WeightDuty(
        chain,
        WALLET,
        journal,
        lambda epoch, peers, owner: {},
        aged=lambda age, cutoff: ages.append((age, cutoff)),
    )
    chain.limits_now, chain.updated = replace(chain.limits_now, activity_cutoff=400), 100
    for chain.block in range(270, 330):
        await duty.look()
    assert ages[0] == (170, 400)
    assert len(ages) == 6, "it is looked at every fortieth of the cutoff"
    alarms = [line for line in caplog.messages if "ALARM" in line]
    assert alarms[0] == "ALARM: the weights on the chain are 200 blocks old; from 400 on they count no more"
    assert len(alarms) == 3
