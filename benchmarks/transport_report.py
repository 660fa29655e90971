"""What `transport.py` measured as one flat document: figures, targets, and which of them are missed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

import report

CONCURRENCY = (1, 16, 64, 256)
Rounds = list[dict[str, Any]]

TARGETS: dict[str, dict[str, float]] = {
    **{f"times axon, c={c}": {"min": 40.0} for c in (16, 64)},
    **{f"times bare, c={c}": {"min": 0.6} for c in CONCURRENCY},
    **{f"times bare+receipts, c={c}": {"min": 0.85} for c in CONCURRENCY},
    "assay rejected, c=256": {"max": 0.0},
    **{f"assay p99 / p50, c={c}": {"max": 5.0} for c in CONCURRENCY},
    "fan-out to 32, assay, ms": {"max": 15.0},
    "fan-out to 256, assay, ms": {"max": 150.0},
    "two workers against one": {"min": 1.5},
}


def document(figures: Mapping[str, float]) -> dict[str, Any]:
    """{benchmark, figures, targets, missed}; targets of what was not measured are left out."""
    targets = {name: limits for name, limits in TARGETS.items() if name in figures}
    return report.document("transport", figures, targets)


def rate_figures(rounds: Rounds) -> dict[str, float]:
    """Rates, latencies and CPU times of every stack, medians over the rounds, and our rate against theirs."""
    figures: dict[str, float] = {}
    for concurrency in CONCURRENCY:
        for stack in rounds[0]:
            named = f"c={concurrency}"
            for name, key in (("rps", "rps"), ("p50 ms", "p50"), ("p99 ms", "p99")):
                figures[f"{stack} {name}, {named}"] = of(rounds, stack, concurrency, lambda w, k=key: w[k])  # type: ignore[misc]
            figures[f"{stack} server us, {named}"] = of(rounds, stack, concurrency, lambda w: w["server_us"])
            figures[f"{stack} client us, {named}"] = of(rounds, stack, concurrency, lambda w: w["cpu_us"])
            figures[f"{stack} rejected, {named}"] = sum(
                each[stack][str(concurrency)]["rejected"] for each in rounds
            )
    return figures | ratios(rounds)


def ratios(rounds: Rounds) -> dict[str, float]:
    """Our rate over the others', and how far our slow requests are from the usual ones."""
    figures = {}
    for concurrency in CONCURRENCY:
        at = str(concurrency)
        for stack in rounds[0]:
            if stack != "assay":
                each = (turn["assay"][at]["rps"] / turn[stack][at]["rps"] for turn in rounds)
                figures[f"times {stack}, c={at}"] = median(each)
        figures[f"assay p99 / p50, c={at}"] = of(rounds, "assay", concurrency, lambda w: w["p99"] / w["p50"])
    return figures


def fan_out_figures(fan_outs: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Times of whole rounds, medians."""
    figures = {}
    for stack, sizes in fan_outs.items():
        for size, window in sizes.items():
            figures[f"fan-out to {size}, {stack}, ms"] = window["p50"]
            figures[f"fan-out to {size}, {stack}, p99 ms"] = window["p99"]
            figures[f"fan-out to {size}, {stack}, rejected"] = window["rejected"]
    return figures


def worker_figures(workers: Mapping[str, Rounds]) -> dict[str, float]:
    """Rates under requests signed beforehand, and what the second worker gains."""
    figures = {
        f"pre-signed rps, {name}": median(w["rps"] for w in windows) for name, windows in workers.items()
    }
    one, two = workers.values()
    gains = (second["rps"] / first["rps"] for first, second in zip(one, two, strict=True))
    return {**figures, "two workers against one": median(gains)}


def of(rounds: Rounds, stack: str, concurrency: int, value: Callable[[dict[str, Any]], float]) -> float:
    """The median over rounds of a value of one stack's window."""
    return median(value(each[stack][str(concurrency)]) for each in rounds)
