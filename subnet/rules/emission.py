"""What each block mints and how it is shared out, up to what is pending for a subnet's next epoch."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from subnet.rules.fixed import I96F32, U16_MAX, U64_MAX, U64F64, U96F32
from subnet.rules.stake import DEFAULT_TAO_WEIGHT

TOTAL_SUPPLY = 21 * 10**15
BLOCK_EMISSION = 10**9
DEFAULT_OWNER_CUT = 11_796
MOVING_ALPHA = I96F32.from_number(0.000003)
PRICE_HALVING_BLOCKS = 201_600
WHOLE = U96F32.one


def block_emission(issuance: int) -> int:
    """Rao minted in a block (TAO, or alpha of a subnet) at the given issuance: halved at every half of what is left.

    The ratio of issuance to supply is cut to 32 fraction bits first, so the halvings fall exactly on
    10.5, 15.75, ... million.
    """
    if issuance >= TOTAL_SUPPLY:
        return 0
    left = I96F32.one - I96F32.div(I96F32.from_int(issuance), I96F32.from_int(TOTAL_SUPPLY))
    halvings = I96F32.floor(I96F32.div(I96F32.one, left)).bit_length() - 1
    return BLOCK_EMISSION >> halvings


@dataclass(frozen=True, slots=True)
class Emitter:
    """A started, non-root subnet as the sharing rule sees it.

    `moving_price` is raw I96F32, `miner_burned` the raw U96F32 fraction of incentive withheld from owner
    hotkeys at the last epoch, `enabled` whether root allows it TAO emission.
    """

    moving_price: int
    miner_burned: int = 0
    enabled: bool = True


def shares(subnets: Mapping[int, Emitter]) -> dict[int, int]:
    """Each subnet's share of the block's TAO emission, raw U64F64, by netuid."""
    kept = {n: I96F32.mul(max(s.moving_price, 0), max(WHOLE - s.miner_burned, 0)) for n, s in subnets.items()}
    if sum(kept.values()) == 0:
        kept = {netuid: max(subnet.moving_price, 0) for netuid, subnet in subnets.items()}
    result = _normalised({netuid: I96F32.to(value, U64F64) for netuid, value in kept.items()})
    if all(subnet.enabled for subnet in subnets.values()):
        return result
    return _normalised({netuid: share if subnets[netuid].enabled else 0 for netuid, share in result.items()})


def _normalised(values: Mapping[int, int]) -> dict[int, int]:
    total = U64F64.saturated(sum(values.values()))
    return {netuid: U64F64.div(value, total) for netuid, value in values.items()}


def tao_share(emission: int, share: int) -> int:
    """Rao of the block emission that a raw U64F64 share is worth, floored."""
    return (emission * share) >> U64F64.fraction_bits


def root_proportion(root_tao: int, alpha_issuance: int, tao_weight: int = DEFAULT_TAO_WEIGHT) -> int:
    """Root's part of a subnet, raw U96F32: weighted root TAO over itself plus the alpha issued."""
    weighted = (root_tao * tao_weight) >> (64 - U96F32.fraction_bits)
    return U96F32.div(weighted, U96F32.add(weighted, U96F32.from_int(alpha_issuance)))


@dataclass(frozen=True, slots=True)
class Injection:
    """Rao that a block adds to a subnet's pool; `excess` TAO buys alpha from the pool instead."""

    tao_in: int
    alpha_in: int
    excess: int


def injection(tao: int, price: int, alpha_emission: int, root_part: int) -> Injection:
    """How a subnet's TAO emission enters its pool.

    Alpha is added at the pool's price (raw U64F64), but never more than root's part (raw U96F32) of the
    alpha emission; then the TAO beyond that is excess.
    """
    price32 = U64F64.to(price, U96F32)
    cap = U96F32.mul(root_part, U96F32.from_int(alpha_emission))
    wanted = U96F32.div(U96F32.from_int(tao), price32) if price32 else cap
    if wanted <= cap:
        return Injection(tao, U96F32.floor(wanted), 0)
    tao_in = min(U96F32.floor(U96F32.mul(cap, price32)), tao)
    return Injection(tao_in, U96F32.floor(cap), tao - tao_in)


def owner_cut(alpha_out: int, cut: int = DEFAULT_OWNER_CUT) -> int:
    """Rao of a block's alpha that go to the subnet owner; `cut` is a share of 65535."""
    return alpha_out * cut // U16_MAX


@dataclass(frozen=True, slots=True)
class Pending:
    """Rao of alpha by destination; drained together at the epoch."""

    server: int = 0
    validator: int = 0
    root_alpha: int = 0
    owner_cut: int = 0

    def plus(self, other: "Pending") -> "Pending":
        """Both added up."""
        return Pending(
            self.server + other.server,
            self.validator + other.validator,
            self.root_alpha + other.root_alpha,
            self.owner_cut + other.owner_cut,
        )

    @property
    def to_distribute(self) -> int:
        """Rao that the epoch divides: all but the owner's cut."""
        return self.server + self.validator + self.root_alpha


def alpha_split(alpha_out: int, root_part: int, cut: int = DEFAULT_OWNER_CUT) -> Pending:
    """How one block's alpha is set aside; `root_part` is raw U96F32, every amount is floored.

    When root may not be paid (see `root_is_paid`) the caller recycles `root_alpha` instead of keeping it.
    """
    owners = owner_cut(alpha_out, cut)
    rest = U96F32.from_int(alpha_out - owners)
    half = WHOLE >> 1
    root_alpha = U96F32.mul(U96F32.mul(root_part, rest), half)
    server = U96F32.mul(rest, half)
    validator = U96F32.sub(U96F32.sub(rest, server), root_alpha)
    return Pending(U96F32.floor(server), U96F32.floor(validator), U96F32.floor(root_alpha), owners)


def root_is_paid(moving_prices: Mapping[int, int]) -> bool:
    """Whether root dividends are kept: the started subnets' moving prices (raw I96F32) sum to more than 1."""
    return sum(moving_prices.values()) > I96F32.one


@dataclass(frozen=True, slots=True)
class Average:
    """Constants of the price average: raw I96F32 weight and blocks after which half of it is reached."""

    alpha: int = MOVING_ALPHA
    halving_blocks: int = PRICE_HALVING_BLOCKS


DEFAULT_AVERAGE = Average()


def moving_price(moving: int, price: int, blocks_since_start: int, average: Average = DEFAULT_AVERAGE) -> int:
    """The next moving price, raw I96F32, from the last one and the pool's price (raw U64F64), capped at 1.

    A young subnet follows its price slowly: the weight grows with the blocks since its start.
    """
    age = U96F32.from_int(max(blocks_since_start, 0))
    maturity = U96F32.div(age, U96F32.add(age, U96F32.from_int(average.halving_blocks)))
    alpha = U96F32.mul(max(average.alpha, 0), maturity)
    spot = min(U64F64.to(price, U96F32), WHOLE)
    kept = U96F32.mul(U96F32.sub(WHOLE, alpha), max(moving, 0))
    return min(U96F32.mul(alpha, spot) + kept, I96F32.maximum)


def as_price(price: Fraction | float) -> int:
    """A price as raw U64F64."""
    return min(U64F64.from_number(price), U64_MAX << 64)
