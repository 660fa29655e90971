"""The validator's own model, which answers open questions before the miners do."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from subnet.errors import BackendError, SettingsError
from subnet.miner.backends import Backend
from subnet.miner.openai import API_KEY_VARIABLE, OpenAI
from subnet.protocol import Query
from subnet.settings import ValidatorSettings
from subnet.tasks.base import Complete

log = logging.getLogger(__name__)


@asynccontextmanager
async def reference_model(settings: ValidatorSettings) -> AsyncIterator[Complete | None]:
    """Completes queries by the model that the settings name, None when they name none; loaded when this is entered.

    Raises ModelError or SettingsError for a model that cannot be used.
    """
    if not settings.reference_model:
        yield None
        return
    backend = await asyncio.to_thread(_backend, settings)

    async def complete(query: Query) -> str | None:
        try:
            return (await backend.complete(query)).text
        except BackendError as problem:
            log.warning("the reference model has no answer: %s", problem)
            return None

    try:
        yield complete
    finally:
        await backend.close()


def _backend(settings: ValidatorSettings) -> Backend:
    if settings.reference_url:
        return OpenAI(settings.reference_url, settings.reference_model, os.environ.get(API_KEY_VARIABLE))
    try:
        # Here, because torch takes seconds to import and most validators do without it.
        from subnet.miner.local import LocalModel
    except ImportError as missing:
        raise SettingsError(f"--reference-model needs {missing.name}: pip install '.[local]'") from missing
    return LocalModel.load(settings.reference_model)
