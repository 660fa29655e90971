"""What a miner makes of the chain: the chain here is a script, so that each turn of it can be played."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest

from subnet.errors import ChainBusy, ChainError, ConditionError, Refused
from subnet.miner import seat as seat_module
from subnet.miner.policy import Policy
from subnet.miner.seat import Seat
from subnet.protocol import Address, Coldkey, Hotkey, Peer

ME, VERA = Hotkey("me"), Hotkey("vera")
HERE, ELSEWHERE = Address("1.1.1.1", 8091), Address("9.9.9.9", 8091)
WALLET = SimpleNamespace(hotkey=SimpleNamespace(ss58_address=ME))


def a_peer(hotkey, address=None, permit=False):
    """A member without stake or income."""
    return Peer(hotkey, Coldkey("cold"), 0, address, 0, permit, 0.0, 0.0, 0, 0, 0)


@dataclass
class Script:
    """A chain that shows what the test says, and counts."""

    members: dict
    index: int = 1
    block: int = 100
    blocks_left: int | None = 9
    busy: bool = False
    away: bool = False
    reads: int = 0
    served: int = 0

    async def peers(self):
        self.reads += 1
        return dict(self.members)

    async def owner(self):
        return VERA

    async def epoch(self):
        if self.away:
            raise ChainBusy("no connection")
        return self

    async def block_seconds(self):
        return 0.001

    async def serve(self, wallet, address):
        self.served += 1
        if self.busy:
            raise ChainBusy("rate limit")
        if wallet.hotkey.ss58_address in self.members:
            self.members[ME] = replace(self.members[ME], address=address)


def a_seat(chain):
    """My seat on that chain."""
    return Seat(chain, WALLET, HERE, Policy())


async def test_without_a_seat_the_remedy_is_named():
    with pytest.raises(ConditionError, match="btcli subnets register"):
        await a_seat(Script({})).take("btcli subnets register --netuid 2")


async def test_nobody_is_served_before_the_membership_is_known():
    seat = a_seat(Script({VERA: a_peer(VERA, permit=True)}))
    with pytest.raises(Refused):
        seat.admit(VERA)


async def test_the_address_is_published_once_and_read_back():
    chain = Script({ME: a_peer(ME, ELSEWHERE)})
    seat = a_seat(chain)
    assert await seat.look() == 1
    assert await seat.look() == 10
    await seat.look()
    assert (chain.served, chain.reads) == (1, 2)


async def test_an_address_that_the_chain_shows_is_not_published_again():
    chain = Script({ME: a_peer(ME, HERE)})
    await a_seat(chain).look()
    assert chain.served == 0


async def test_the_rate_limit_means_later_and_is_said_once(caplog):
    caplog.set_level("INFO")
    chain = Script({ME: a_peer(ME)}, busy=True)
    seat = a_seat(chain)
    assert await seat.look() == 5
    assert await seat.look() == 5
    assert caplog.text.count("later") == 1
    chain.busy = False
    await seat.look()
    assert await seat.look() == 10
    assert chain.served == 3


async def test_membership_is_read_again_at_every_epoch():
    chain = Script({ME: a_peer(ME, HERE), VERA: a_peer(VERA)})
    seat = a_seat(chain)
    await seat.look()
    chain.members[VERA] = a_peer(VERA, permit=True)
    await seat.look()
    with pytest.raises(Refused):
        seat.admit(VERA)
    chain.index += 1
    await seat.look()
    seat.admit(VERA)
    assert chain.reads == 2


async def test_a_lost_seat_is_said_once_and_a_new_one_is_published(caplog):
    chain = Script({ME: a_peer(ME, HERE)})
    seat = a_seat(chain)
    await seat.look()
    del chain.members[ME]
    chain.index += 1
    assert await seat.look() == 1
    await seat.look()
    assert caplog.text.count("lost its seat") == 1
    chain.members[ME] = a_peer(ME)
    await seat.look()
    assert chain.members[ME].address == HERE


async def test_a_chain_that_stays_away_ends_the_miner(monkeypatch):
    monkeypatch.setattr(seat_module, "STALE_SECONDS", 0.05)
    with pytest.raises(ChainBusy):
        await a_seat(Script({ME: a_peer(ME, HERE)}, away=True)).keep()


async def test_a_refusal_for_good_is_not_repeated():
    class Refusing(Script):
        async def serve(self, wallet, address):
            raise ChainError("InvalidIpAddress")

    with pytest.raises(ChainError):
        await a_seat(Refusing({ME: a_peer(ME)})).keep()


async def test_whoever_wants_to_know_hears_of_everybodys_standing_now_and_at_every_change():
    chain = Script({ME: a_peer(ME, HERE), VERA: a_peer(VERA, permit=True)})
    seat = a_seat(chain)
    heard = []
    seat.tell(lambda callers: heard.append(set(callers.served)))
    await seat.look()
    chain.members[VERA] = a_peer(VERA)
    chain.index += 1
    await seat.look()
    assert heard == [set(), {VERA}, set()]


async def test_the_owner_is_asked_for_only_when_it_matters():
    seat = Seat(Script({ME: a_peer(ME, HERE), VERA: a_peer(VERA)}), WALLET, HERE, Policy(serve_owner=True))
    await seat.look()
    seat.admit(VERA)
    assert seat.share(VERA) == 1.0


async def test_between_two_looks_blocks_are_reckoned_by_the_clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(seat_module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    seat = a_seat(Script({ME: a_peer(ME, HERE)}, block=500))
    assert seat.block() == 0
    await seat.look()
    now[0] += 25.0
    assert seat.block() == 502
