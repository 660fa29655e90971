"""Whose turn it is, and who is refused at once."""

import asyncio

import pytest

from subnet.protocol import Hotkey
from subnet.transport.places import Busy, Places
from subnet.transport.quotas import Quotas, Spent

WHALE, MINNOW, THIRD = Hotkey("whale"), Hotkey("minnow"), Hotkey("third")
SHARES = {WHALE: 0.6, MINNOW: 0.1, THIRD: 0.3}


async def crowd(places, caller, count, seconds, order, waits=60.0):
    """`count` queries of one caller, each of which takes `seconds`; refusals are returned."""

    async def one():
        try:
            place = await places.take(caller, SHARES[caller], waits)
        except Busy as busy:
            return busy
        order.append(caller)
        await asyncio.sleep(seconds)
        places.give_back(place)
        return None

    return [busy for busy in await asyncio.gather(*(one() for _ in range(count))) if busy]


async def test_a_caller_runs_at_most_twice_its_share_at_once():
    places = Places(20, 20)
    for _ in range(4):
        await places.take(MINNOW, 0.1, 60)
    with pytest.raises(Busy):
        await places.take(MINNOW, 0.1, 60)
    assert await places.take(WHALE, 0.6, 60)


async def test_one_caller_never_takes_more_than_its_limit():
    places = Places(20, 10)
    for _ in range(10):
        await places.take(WHALE, 1.0, 60)
    with pytest.raises(Busy):
        await places.take(WHALE, 1.0, 60)


async def test_when_places_are_short_turns_follow_stake():
    places, order = Places(4, 4, waiting=400), []
    await asyncio.gather(crowd(places, MINNOW, 60, 0.001, order), crowd(places, WHALE, 60, 0.001, order))
    first = order[:56]
    assert 5 <= first.count(WHALE) / first.count(MINNOW) <= 7


async def test_who_asks_without_end_delays_nobody_but_itself():
    """The smallest stake sends nine tenths of the load; the others wait no longer than for one running query."""
    places, order = Places(10, 5, waiting=100), []
    flood = asyncio.create_task(crowd(places, MINNOW, 500, 0.02, order))
    await asyncio.sleep(0.01)
    began = asyncio.get_running_loop().time()
    await crowd(places, WHALE, 5, 0.02, order)
    assert asyncio.get_running_loop().time() - began < 0.04
    flood.cancel()


async def test_what_cannot_be_done_in_time_is_refused_at_once_with_a_hint():
    places, order = Places(1, 1, waiting=100), []
    await crowd(places, WHALE, 1, 0.2, order)
    running = asyncio.create_task(crowd(places, WHALE, 4, 0.2, order))
    await asyncio.sleep(0.01)
    began = asyncio.get_running_loop().time()
    with pytest.raises(Busy, match="before the query's deadline") as busy:
        await places.take(WHALE, 0.6, 0.5)
    assert asyncio.get_running_loop().time() - began < 0.05
    assert busy.value.retry_after == 1
    assert await running == []


async def test_a_free_place_is_given_however_long_queries_took_before():
    places = Places(2, 2, waiting=4)
    await crowd(places, WHALE, 1, 0.2, [])
    assert await places.take(WHALE, 0.6, 0.01)


async def test_seats_to_wait_on_are_shared_by_stake_too():
    places = Places(1, 1, waiting=10)
    await places.take(WHALE, 0.6, 60)
    waiting = [asyncio.create_task(places.take(MINNOW, 0.1, 60)) for _ in range(5)]
    await asyncio.sleep(0.01)
    refused = [task for task in waiting if task.done()]
    assert [type(task.exception()) for task in refused] == [Busy] * 3
    for task in waiting:
        task.cancel()


async def test_who_leaves_the_queue_leaves_nothing_behind():
    places = Places(1, 1, waiting=10)
    held = await places.take(WHALE, 0.6, 60)
    leaving = [asyncio.create_task(places.take(THIRD, 0.3, 60)) for _ in range(3)]
    staying = asyncio.create_task(places.take(THIRD, 0.3, 60))
    await asyncio.sleep(0.01)
    for task in leaving:
        task.cancel()
    places.give_back(held)
    for task in leaving:
        with pytest.raises(asyncio.CancelledError):
            await task
    place = await asyncio.wait_for(staying, 1)
    places.give_back(place)
    assert await places.take(MINNOW, 0.1, 60)


async def test_a_place_that_comes_to_somebody_who_just_left_goes_on():
    places = Places(1, 1, waiting=10)
    held = await places.take(WHALE, 0.6, 60)
    leaving = asyncio.create_task(places.take(THIRD, 0.3, 60))
    staying = asyncio.create_task(places.take(MINNOW, 0.1, 60))
    await asyncio.sleep(0.01)
    places.give_back(held)
    leaving.cancel()
    assert await asyncio.wait_for(staying, 1)


def test_a_quota_follows_stake_and_comes_back_with_time():
    now = [0.0]
    quotas = Quotas(60, lambda: now[0])
    for _ in range(6):
        quotas.spend(MINNOW, 0.1)
    with pytest.raises(Spent) as spent:
        quotas.spend(MINNOW, 0.1)
    assert spent.value.retry_after == 10
    for _ in range(36):
        quotas.spend(WHALE, 0.6)
    now[0] = 10.0
    quotas.spend(MINNOW, 0.1)
    with pytest.raises(Spent):
        quotas.spend(MINNOW, 0.1)


def test_without_a_quota_there_is_no_limit():
    quotas = Quotas(0)
    for _ in range(10_000):
        quotas.spend(MINNOW, 0.0)


def test_a_caller_without_stake_gets_its_first_query_and_waits_long_for_the_next():
    now = [0.0]
    quotas = Quotas(60, lambda: now[0])
    quotas.spend(MINNOW, 0.0)
    with pytest.raises(Spent):
        quotas.spend(MINNOW, 0.0)


async def test_a_newcomers_wait_is_judged_by_the_queries_of_others():
    places = Places(1, 1, waiting=100)
    await crowd(places, WHALE, 1, 0.2, [])
    await places.take(WHALE, 0.6, 60)
    with pytest.raises(Busy, match="before the query's deadline"):
        await places.take(THIRD, 0.3, 0.3)


async def test_queries_that_end_at_their_deadline_teach_that_they_take_long():
    places = Places(1, 1, waiting=100)
    await crowd(places, WHALE, 1, 0.01, [])
    for _ in range(10):
        place = await places.take(WHALE, 0.6, 0.1)
        await asyncio.sleep(0.1)
        places.give_back(place, finished=False)
    held = await places.take(WHALE, 0.6, 0.1)
    with pytest.raises(Busy):
        await places.take(WHALE, 0.6, 0.1)
    places.give_back(held)


async def test_queries_that_their_callers_give_up_do_not_teach_that_they_are_quick():
    places = Places(1, 1, waiting=100)
    await crowd(places, WHALE, 1, 0.3, [])
    for _ in range(100):
        places.give_back(await places.take(WHALE, 0.6, 60), finished=False)
    await places.take(WHALE, 0.6, 60)
    with pytest.raises(Busy):
        await places.take(WHALE, 0.6, 0.5)


async def test_who_is_called_too_late_is_refused_and_the_next_one_gets_the_place():
    places = Places(1, 1, waiting=100)
    await crowd(places, WHALE, 1, 0.05, [])
    held = await places.take(WHALE, 0.6, 60)
    late = asyncio.create_task(places.take(WHALE, 0.6, 0.15))
    patient = asyncio.create_task(places.take(WHALE, 0.6, 60))
    await asyncio.sleep(0.3)
    places.give_back(held)
    with pytest.raises(Busy, match="too late"):
        await late
    assert (await asyncio.wait_for(patient, 1)).caller == WHALE


@pytest.mark.parametrize("total", [4, 10, 64])
async def test_four_fifths_of_the_load_from_the_smallest_permit_take_nobody_elses_places(total):
    """Whatever the smallest asks for, all others together find their whole shares free."""
    shares = {WHALE: 0.55, THIRD: 0.4, MINNOW: 0.05}
    places = Places(total, total, waiting=total)
    flood = [asyncio.create_task(places.take(MINNOW, shares[MINNOW], 60)) for _ in range(8 * total)]
    await asyncio.sleep(0)
    granted = sum(task.done() and task.exception() is None for task in flood)
    assert granted <= max(1, round(2 * shares[MINNOW] * total + 0.5))
    for caller in (WHALE, THIRD):
        for _ in range(int(shares[caller] * (total - granted))):
            assert (await asyncio.wait_for(places.take(caller, shares[caller], 60), 1)).caller == caller
    for task in flood:
        task.cancel()
    await asyncio.gather(*flood, return_exceptions=True)
