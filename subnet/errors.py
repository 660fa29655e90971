"""Failures this kit expects. The class of a failure says what to do about it.

`retry` tells a caller whether the same act may succeed later; the message is one line that says what
happened and what to do. Anything that is not a `SubnetError` is a programming error and ends the process.
"""


class SubnetError(Exception):
    """Base of every expected failure; `str(error)` is one line fit for a user."""

    retry = False


class SettingsError(SubnetError):
    """A setting is missing or wrong: the process cannot start (exit code 2)."""


class ConditionError(SubnetError):
    """A named condition of the world does not hold, such as a hotkey without a seat (exit code 3)."""


class ChainError(SubnetError):
    """The chain refused or could not answer; repeating the same act will not help."""


class ChainBusy(ChainError):
    """Rate-limited, out of time, or not connected: the same act may succeed later."""

    retry = True


class ChainSilent(ChainBusy):
    """Nothing answered in time: whether an act took place, nobody knows."""


class TransportError(SubnetError):
    """A peer could not be asked, or answered in a way that is not an answer."""


class Refused(SubnetError):
    """A caller is not served: unknown, without a permit, or below the stake that is asked for."""


class BackendError(SubnetError):
    """A miner's source of answers failed."""


class BackendBusy(BackendError):
    """A miner's source of answers has no room now: ask again later."""

    retry = True


class ModelError(BackendError):
    """A model cannot be loaded: no such path, hub out of reach, or files that are not a model."""
