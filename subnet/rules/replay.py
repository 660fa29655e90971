"""The `other_vectors` of a vector file, each computed by the rule it is about.

Which rule is meant follows from the inputs a vector has, looked up in one table.
"""

from collections.abc import Callable, Sequence
from typing import Any

from subnet.rules import commits, emission, pool, price, pruning, schedule, serving
from subnet.rules.fixed import I96F32, U64_MAX, U64F64
from subnet.rules.vectors import CannotRun, Vector, difference

SEQUENCE = "behaviour sequence"
_WIDEST = price.Bounds(0, U64_MAX)
Input = dict[str, Any]


def is_sequence(vector: Vector) -> bool:
    """Whether the vector describes calls to a chain, which arithmetic alone cannot answer."""
    return vector.get("kind") == SEQUENCE


def run(vector: Vector) -> str | None:
    """How the library's result differs from the vector's, None when it is the same."""
    given = vector["input"]
    for needed, compute in RULES:
        if all(name in given for name in needed):
            expected = vector["expected"]
            found = difference(compute(given), expected, vector.get("tolerance", 0))
            return found or _further(vector)
    raise CannotRun(f"no rule takes {sorted(given)}")


def _further(vector: Vector) -> str | None:
    """What some vectors state besides the result: a preimage, the list of protected uids."""
    given = vector["input"]
    if vector.get("preimage_hex") is not None:
        return difference(_preimage(given).hex(), vector["preimage_hex"], 0)
    if "immortal_uids_result" in given:
        return difference(_protected(given), given["immortal_uids_result"], 0)
    return None


def _bounds(given: Input) -> price.Bounds:
    return price.Bounds(given.get("min", _WIDEST.lowest), given.get("max", _WIDEST.highest))


def _burn_sequence(given: Input) -> list[int]:
    burn, bounds, prices = given["start"], _bounds(given), []
    for event in given["sequence"]:
        if event == "register":
            burn = price.bumped(burn, U64F64.from_number(given["mult"]), bounds)
        else:
            burn = _decayed(burn, given["half_life"], int(event.split()[0]), bounds)
        prices.append(burn)
    return prices


def _decayed(burn: int, half_life: int, blocks: int, bounds: price.Bounds) -> int:
    for _ in range(blocks):
        burn = price.decayed(burn, half_life, bounds)
    return burn


def _burn_bumps(given: Input, count: int) -> list[int]:
    burn, prices = given["initial" if "initial" in given else "start"], []
    for _ in range(count):
        burn = price.bumped(burn, U64F64.from_number(given["mult"]), _bounds(given))
        prices.append(burn)
    return prices


def _lock_cost(given: Input) -> int:
    lock = price.Lock(given["last_lock"], given["last_lock_block"])
    return price.lock_cost(lock, given["now"], given["min_lock"], given["interval"])


def _protected(given: Input) -> list[int]:
    if "immortal_uids" in given:
        return list(given["immortal_uids"])
    owned = [pruning.Owned(uid, given["registration_block"][uid]) for uid in given["owned_uids"]]
    return pruning.owner_immune(owned, given.get("owner_hotkey_uid"), given["immune_owner_limit"])


def _prune(given: Input) -> int | None:
    protected = _protected(given)
    seats = [
        pruning.Seat(uid, amount, block, uid in protected)
        for uid, (amount, block) in enumerate(
            zip(given["emission"], given["registration_block"], strict=True)
        )
    ]
    return pruning.choose(seats, given["now"], given["immunity_period"], given["min_non_immune"])


def _schedule(given: Input) -> schedule.Schedule:
    return schedule.Schedule(
        given["tempo"],
        given["last_epoch_block"],
        given.get("pending_epoch_at", 0),
        given.get("blocks_since_last_step", 0),
    )


def _mechanism_split(given: Input) -> list[int]:
    """Even over `count` mechanisms, or by the one list of shares that is given."""
    split = next((value for value in given.values() if isinstance(value, list)), None)
    return schedule.mechanism_split(given["total"], len(split) if split else given["count"], split)


def _moving_price(given: Input) -> float:
    average = emission.Average(I96F32.from_number(given["moving_alpha"]), given["halving"])
    moving = I96F32.from_number(given["moving"])
    for _ in range(given.get("repetitions", 1)):
        age = given["now"] - given["start_block"]
        moving = emission.moving_price(moving, U64F64.from_number(given["price"]), age, average)
    return moving / I96F32.one


def _alpha_split(given: Input) -> list[int]:
    weight = U64F64.from_number(given["tao_weight"])
    part = emission.root_proportion(given["root_tao"], given["alpha_issuance"], weight)
    split = emission.alpha_split(given["alpha_out"], part, given["owner_cut"])
    return [split.server, split.validator, split.root_alpha]


def _injection(given: Input) -> list[int]:
    """TAO into each pool, then alpha into each pool, of subnets with equal moving prices and no cap."""
    emitters = {netuid: emission.Emitter(I96F32.one) for netuid in range(given["subnets"])}
    parts = [
        emission.injection(
            emission.tao_share(given["block_emission"], share),
            U64F64.from_number(given["prices"][netuid]),
            emission.BLOCK_EMISSION,
            emission.WHOLE,
        )
        for netuid, share in emission.shares(emitters).items()
    ]
    return [part.tao_in for part in parts] + [part.alpha_in for part in parts]


def _swap(given: Input) -> list[int]:
    weight = round(given["weight"] * pool.WEIGHT_ONE)
    before = pool.Pool(given["tao_reserve"], given["alpha_reserve"], weight, given["fee_rate"])
    trade = pool.buy if given["side"] == "TAO->alpha" else pool.sell
    swap = trade(before, given["amount"])
    return [swap.fee, swap.out]


def _preimage(given: Input) -> bytes:
    return commits.legacy_preimage(
        bytes.fromhex(given["account_hex"]),
        given["storage_index"],
        given["uids"],
        given["values"],
        given["salt"],
        given["version_key"],
    )


def _ip(given: Input) -> bool:
    return serving.valid_ip(int(given["ip"]), given["ip_type"], zero_allowed=given["zero_allowed"])


# The first row whose names a vector's input all has is the rule, so longer rows stand above shorter ones.
RULES: Sequence[tuple[Sequence[str], Callable[[Input], Any]]] = (
    (("start", "sequence", "mult"), _burn_sequence),
    (("mult", "registrations_in_one_block"), lambda v: _burn_bumps(v, v["registrations_in_one_block"])),
    (("mult", "registrations"), lambda v: _burn_bumps(v, v["registrations"])),
    (
        ("start", "half_life", "blocks"),
        lambda v: _decayed(v["start"], v["half_life"], v["blocks"], _bounds(v)),
    ),
    (("half_life",), lambda v: price.decay_factor(v["half_life"])),
    (("last_lock", "last_lock_block", "now"), _lock_cost),
    (("issuance",), lambda v: emission.block_emission(v["issuance"])),
    (("moving_alpha", "moving", "price"), _moving_price),
    (("alpha_out", "cut"), lambda v: emission.owner_cut(v["alpha_out"], v["cut"])),
    (("alpha_out", "root_tao", "tao_weight", "alpha_issuance"), _alpha_split),
    (("block_emission", "subnets", "prices", "moving_prices_equal"), _injection),
    (("prices",), lambda v: float(price.median_price(v["prices"]))),
    (("emission", "registration_block", "immunity_period"), _prune),
    (
        ("tempo", "last_epoch_block", "blocks_since_last_step", "now"),
        lambda v: schedule.due(_schedule(v), v["now"]),
    ),
    (
        ("tempo", "last_epoch_block", "now"),
        lambda v: schedule.blocks_until_next_epoch(_schedule(v), v["now"]),
    ),
    (("tempo", "last_epoch_block"), lambda v: schedule.next_epoch_start(_schedule(v))),
    (("total",), _mechanism_split),
    (("netuid", "mechid"), lambda v: schedule.storage_index(v["netuid"], v["mechid"])),
    (("ip_type", "ip", "zero_allowed"), _ip),
    (("side", "amount", "tao_reserve"), _swap),
    (("account_hex", "storage_index"), lambda v: "0x" + commits.legacy_hash(_preimage(v)).hex()),
)
