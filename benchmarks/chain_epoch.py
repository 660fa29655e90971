"""How fast one exact epoch of consensus is, next to the same epoch in floating point, and what memory it takes.

Everything runs on one thread in a process of its own. Implementations take turns, round by round, so that a
machine's moods hit all alike; a ratio is the median of the rounds' ratios. Weights and bonds are dense, the
most work there can be, unless a figure says otherwise.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from subnet.yuma import ABSENT, Matrix, Moment, Neurons, Outcome, Rules, epoch

SMALL, LARGE = (64, 256), (256, 4096)  # validators, uids
ROUNDS = {SMALL: 500, LARGE: 25}
SPARSE_MINERS = 64  # that a validator gives a weight to, out of a few more that anybody does
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
NOW, BUDGET = 1000, 10**12
CLOSE = 2e-4  # of the largest value: floats against exact shares of u16
TARGETS = {
    "epoch_64x256_time_over_torch_float32": ("<=", 1.2),
    "epoch_256x4096_speed_over_torch_float32": (">=", 1.3),
}
Epoch = Callable[[], Any]


@dataclass(frozen=True)
class Subnet:
    """One subnet as the chain stores it: cells are u16 or ABSENT, stake is in rao."""

    weights: Matrix
    bonds: Matrix
    stake: list[int]

    @classmethod
    def of(cls, validators: int, uids: int, miners: int | None = None) -> Subnet:
        """Random votes of the first uids on all, or on `miners` out of one and a half times as many."""
        random = np.random.default_rng(validators)
        cells = random.integers(1, 65_536, (2, validators, uids))
        if miners is not None:
            seats = random.choice(uids, miners * 3 // 2, replace=False)
            known = [random.choice(seats, miners, replace=False) for _ in range(validators)]
            voted = np.zeros((validators, uids), dtype=np.bool_)
            voted[np.arange(validators)[:, None], known] = True
            cells = np.where(voted, cells, ABSENT)
        own = np.arange(validators)
        cells[:, own, own] = ABSENT
        stake = (10**12 * (1 + random.pareto(1.2, validators))).astype(np.int64)
        return cls(
            Matrix(own, cells[0]), Matrix(own, cells[1]), [*stake.tolist(), *[0] * (uids - validators)]
        )

    def exact(self, **rules: Any) -> Callable[[], Outcome]:
        """Runs the epoch of `subnet.yuma`."""
        neurons = Neurons.settled(self.stake, NOW)
        rule = Rules(max_allowed_validators=len(self.weights.uids), **rules)
        return partial(epoch, self.weights, self.bonds, neurons, rule, Moment(NOW, BUDGET, NOW - 360))

    def floats(self) -> tuple[Any, Any, Any]:
        """Weights, stake and bonds of the validators in double precision."""
        weights, bonds = (np.maximum(matrix.cells, 0).astype(float) for matrix in (self.weights, self.bonds))
        return weights, np.array(self.stake[: len(weights)], dtype=float), bonds / 65_535


def numpy_float64(subnet: Subnet) -> Epoch:
    """Runs the epoch in double precision with numpy."""
    from chain_epoch_floats import numpy_epoch

    return partial(numpy_epoch, *subnet.floats())


def torch_float32(subnet: Subnet) -> Epoch:
    """Runs the epoch in single precision with torch, on one thread."""
    import torch
    from chain_epoch_floats import torch_epoch

    torch.set_num_threads(1)
    return partial(torch_epoch, *(torch.tensor(values, dtype=torch.float32) for values in subnet.floats()))


IMPLEMENTATIONS: Mapping[str, Callable[[Subnet], Epoch]] = {
    "exact": Subnet.exact,
    "torch_float32": torch_float32,
    "numpy_float64": numpy_float64,
}


def figures() -> dict[str, float]:
    """All figures of this module: milliseconds, MiB, ratios of times in one run."""
    os.environ.update(dict.fromkeys(THREADS, "1"))
    found: dict[str, float] = {}
    for size in (SMALL, LARGE):
        found |= _alone(compared, size)
    found |= _alone(others, LARGE)
    for name in IMPLEMENTATIONS:
        found[f"epoch_256x4096_{name}_peak_mib"] = _alone(peak, name)
    return found


def _alone(measure: Callable[..., Any], *arguments: Any) -> Any:
    """What a function returns in a process of its own, which reads the limits on threads as it starts."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(measure, *arguments).result()


def compared(size: tuple[int, int]) -> dict[str, float]:
    """Times and ratios of the exact epoch and those in floating point."""
    runs = {name: prepare(Subnet.of(*size)) for name, prepare in IMPLEMENTATIONS.items()}
    check(runs["exact"](), [runs["torch_float32"](), runs["numpy_float64"]()])
    times, prefix = timed(runs, ROUNDS[size]), f"epoch_{size[0]}x{size[1]}"
    found = {f"{prefix}_{name}_ms": median(spent) * 1000 for name, spent in times.items()}
    for name in ("torch_float32", "numpy_float64"):
        rounds = list(zip(times["exact"], times[name], strict=True))
        if size == SMALL:
            found[f"{prefix}_time_over_{name}"] = median(exact / other for exact, other in rounds)
        else:
            found[f"{prefix}_speed_over_{name}"] = median(other / exact for exact, other in rounds)
    return found


def others(size: tuple[int, int]) -> dict[str, float]:
    """Times of the exact epoch under other rules, and where validators know a few miners only."""
    subnet, prefix = Subnet.of(*size), f"epoch_{size[0]}x{size[1]}_exact"
    runs = {
        "liquid_alpha": subnet.exact(liquid_alpha=True),
        "classic_bonds": subnet.exact(yuma3=False),
        "sparse": Subnet.of(*size, SPARSE_MINERS).exact(),
    }
    return {f"{prefix}_{name}_ms": median(spent) * 1000 for name, spent in timed(runs, ROUNDS[size]).items()}


def timed(runs: Mapping[str, Epoch], rounds: int) -> dict[str, list[float]]:
    """Seconds of every round, by name; all of them warm."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds + 2):
        for name, run in runs.items():
            before = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - before)
    return {name: spent[2:] for name, spent in times.items()}


def check(exact: Outcome, approximations: list[Any]) -> None:
    """Raises AssertionError where floating point computes something else than the exact epoch."""
    validators = exact.bonds.uids
    wanted = [
        exact.consensus,
        exact.incentive,
        exact.dividends[validators],
        exact.validator_trust[validators],
        np.maximum(exact.bonds.cells, 0),
    ]
    for approximation in approximations:
        for shares, floats in zip(wanted, approximation, strict=True):
            given = np.asarray(floats, dtype=float)
            assert np.abs(shares / 65_535 - given).max() <= CLOSE * given.max() + 1 / 65_535


def peak(name: str) -> float:
    """MiB by which an epoch raises the memory of a process at most, what it returns included."""
    IMPLEMENTATIONS[name](Subnet.of(*SMALL))()  # whatever is loaded or set up once
    run = IMPLEMENTATIONS[name](Subnet.of(*LARGE))
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    before = _status("VmRSS")
    returned = run()
    grown = _status("VmHWM") - before
    assert returned is not None
    return grown / 1024


def _status(field: str) -> float:
    """A figure of this process in KiB."""
    found = re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return float(found[1])


if __name__ == "__main__":
    print(json.dumps(figures(), indent=1))
