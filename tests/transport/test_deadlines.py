"""Many deadlines, one timer."""

import asyncio

import pytest

from subnet.transport.deadlines import Deadlines


async def bounded(deadlines, seconds, work):
    """The work's result, or "too late"."""
    task = deadlines.begin(seconds)
    try:
        return await work
    except asyncio.CancelledError:
        if not deadlines.passed(task):
            raise
        return "too late"
    finally:
        deadlines.end(task)


async def test_each_task_has_its_own_deadline():
    deadlines = Deadlines()
    began = asyncio.get_running_loop().time()
    results = await asyncio.gather(
        *(bounded(deadlines, seconds, asyncio.sleep(0.3, "in time")) for seconds in (0.1, 1.0, 0.2))
    )
    assert results == ["too late", "in time", "too late"]
    assert asyncio.get_running_loop().time() - began < 0.6


async def test_a_task_goes_on_after_a_deadline_that_passed():
    deadlines = Deadlines()

    async def twice():
        first = await bounded(deadlines, 0.05, asyncio.sleep(1))
        return first, await bounded(deadlines, 1, asyncio.sleep(0.05, "in time"))

    task = asyncio.create_task(twice())
    assert await task == ("too late", "in time")
    assert task.cancelling() == 0


async def test_who_is_cancelled_by_somebody_else_is_not_late():
    deadlines = Deadlines()
    task = asyncio.create_task(bounded(deadlines, 5, asyncio.sleep(5)))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_nothing_is_left_when_all_have_ended():
    deadlines = Deadlines()
    await asyncio.gather(*(bounded(deadlines, 0.5, asyncio.sleep(0)) for _ in range(50)))
    await asyncio.sleep(0.12)
    assert not deadlines._due and not deadlines._passed and not deadlines._sweeping
