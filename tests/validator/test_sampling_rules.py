"""Who is asked in a round."""

from collections import Counter
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from subnet.protocol import Hotkey
from subnet.validator.sampling import ENOUGH, candidates, choose


def names(peers):
    return [peer.hotkey for peer in peers]


def test_the_same_generator_gives_the_same_miners_in_whatever_order_they_are_listed(peer):
    peers = [peer(f"h{n:02}") for n in range(50)]
    observed = {Hotkey(f"h{n:02}"): n for n in range(50)}
    chosen = choose(peers, observed, 10, Random(3))
    assert chosen == choose(peers[::-1], observed, 10, Random(3))
    assert names(chosen) == sorted(set(names(chosen)))
    assert len(chosen) == 10


def test_newcomers_come_first_but_take_no_more_than_half(peer):
    peers = [peer(f"h{n:02}") for n in range(40)]
    observed = {Hotkey(f"h{n:02}"): ENOUGH for n in range(20)}
    chosen = names(choose(peers, observed, 10, Random(1)))
    assert sum(hotkey not in observed for hotkey in chosen) == 5


def test_a_single_newcomer_is_asked_in_every_round(peer):
    peers = [peer(f"h{n:02}") for n in range(40)]
    observed = dict.fromkeys(names(peers[1:]), ENOUGH)
    assert all("h00" in names(choose(peers, observed, 4, Random(seed))) for seed in range(50))


def test_those_who_are_known_least_come_first_among_newcomers(peer):
    peers = [peer(name) for name in "abcdefgh"]
    observed = {Hotkey(name): place for place, name in enumerate("abcdefgh")}
    assert names(choose(peers, observed, 4, Random(1))) == ["a", "b", "c", "d"]


def test_everybody_else_is_as_likely_as_any_other(peer):
    peers = [peer(name) for name in "abcdefghij"]
    observed = dict.fromkeys(names(peers), ENOUGH)
    rng = Random(5)
    asked = Counter(hotkey for _ in range(2000) for hotkey in names(choose(peers, observed, 3, rng)))
    assert all(500 < count < 700 for count in asked.values())


def test_every_member_that_serves_is_asked_permit_or_not_but_never_oneself(peer):
    peers = [peer("me", permit=True), peer("miner"), peer("rich", permit=True), peer("absent", address=False)]
    assert names(candidates(peers, Hotkey("me"), {})) == ["miner", "rich"]


def test_who_earned_a_score_cannot_keep_it_by_hiding_its_address(peer):
    peers = [peer("miner"), peer("hidden", address=False)]
    assert names(candidates(peers, Hotkey("me"), {Hotkey("hidden"): 3})) == ["miner", "hidden"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 30), st.integers(1, 40), st.integers(), st.data())
def test_as_many_as_there_is_room_for_and_nobody_twice(peer, count, size, seed, data):
    peers = [peer(f"h{n}") for n in range(count)]
    observed = {peer.hotkey: data.draw(st.integers(0, 20)) for peer in peers}
    chosen = names(choose(peers, observed, size, Random(seed)))
    assert len(chosen) == len(set(chosen)) == min(count, size)
