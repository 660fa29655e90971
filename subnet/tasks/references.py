"""References that the validator's own model makes, before anybody is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from subnet.tasks.base import Complete, Task


async def finished(tasks: Sequence[Task], complete: Complete | None, seconds: float) -> list[Task]:
    """The tasks with their references, in order; tasks that need none are as they were.

    The model is asked all of them at once. A task that it does not answer within `seconds`, or answers with nothing,
    is left out: without a reference nobody could be judged.
    """
    async with asyncio.TaskGroup() as group:
        made = [group.create_task(_finished(task, complete, seconds)) for task in tasks]
    return [task for one in made if (task := one.result()) is not None]


async def _finished(task: Task, complete: Complete | None, seconds: float) -> Task | None:
    if task.finish is None:
        return task
    if complete is None:
        return None
    try:
        async with asyncio.timeout(seconds):
            text = await complete(task.query)
    except TimeoutError:
        return None
    return task.finish(text) if text is not None and text.strip() else None
