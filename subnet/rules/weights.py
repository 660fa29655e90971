"""What the chain does to a vector of weights when it is set, and the tests it must pass."""

from collections.abc import Sequence

from subnet.rules.fixed import I32F32, U16_MAX, max_upscaled, normalised, proportion

WEIGHTS_SET_RATE_LIMIT = 100


def max_upscaled_u16(values: Sequence[int]) -> list[int]:
    """u16 weights scaled so that the largest is 65535; unchanged when it already is, or is 0."""
    if max(values, default=0) in (0, U16_MAX):
        return list(values)
    return max_upscaled([I32F32.from_int(value) for value in values])


def max_share_within(values: Sequence[int], limit: int) -> bool:
    """Whether the largest share of the u16 vector is at most `limit / 65535` (otherwise MaxWeightExceeded)."""
    shares = normalised([I32F32.from_int(value) for value in values])
    return not shares or max(shares) <= proportion(limit)


def has_duplicates(uids: Sequence[int]) -> bool:
    """Whether a uid appears twice (DuplicateUids)."""
    return len(set(uids)) != len(uids)


def has_invalid_uid(uids: Sequence[int], count: int) -> bool:
    """Whether a uid is not below the subnet's `count` of neurons (UidVecContainInvalidOne)."""
    return any(uid >= count for uid in uids)


def is_self_weight(uid: int, uids: Sequence[int]) -> bool:
    """Whether the only weight given is on the sender itself."""
    return len(uids) == 1 and uids[0] == uid


def length_allowed(uid: int, uids: Sequence[int], count: int, min_allowed: int) -> bool:
    """Whether enough weights are given, a lone self weight excepted (otherwise WeightVecLengthIsLow)."""
    return len(uids) >= min(count, min_allowed) or is_self_weight(uid, uids)


def version_allowed(given: int, stored: int) -> bool:
    """Whether the version key is recent enough; a stored 0 accepts any (otherwise IncorrectWeightVersionKey)."""
    return stored == 0 or given >= stored


def rate_limit_passed(last_update: int, now: int, limit: int = WEIGHTS_SET_RATE_LIMIT) -> bool:
    """Whether weights may be set or committed again (otherwise SettingWeightsTooFast, CommittingWeightsTooFast)."""
    return last_update == 0 or now - last_update >= limit


def without_target(row: Sequence[tuple[int, int]], uid: int) -> list[tuple[int, int]]:
    """A stored weight row after `uid` changed hands: its entry stays with value 0."""
    return [(target, 0 if target == uid else value) for target, value in row]
