"""What the calibration's parts found as one flat document with its targets, and as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import report

Found = Mapping[str, Mapping[str, Any]]
Limits = dict[str, float]

GROSS = (
    "less trained (60 %)",
    "less trained (25 %)",
    "other seed's weights",
    "temperature 0.7",
    "temperature 0.9",
    "temperature 1.1",
    "greedy",
    "ignored seed",
    "lookup",
    "half-way to less trained (60 %)",
    "half-way to other seed's weights",
)
"""What has to be found within one reply of 200 tokens."""
FOUR = {"float32": 0.99, "bfloat16": 0.98}
"""4-bit weights by the arithmetic around them: the least area under the curve at 300 tokens."""
SHOWN = ("25", "50", "100", "200", "300", "1000")


def document(found: Found) -> dict[str, Any]:
    """{benchmark, figures, targets, missed}; a part that was not measured has no targets."""
    pairs = dict(_figures(found))
    figures = {name: value for name, (value, _) in pairs.items()}
    targets = {name: limits for name, (_, limits) in pairs.items() if limits}
    return report.document("calibration", figures, targets, digits=5)


def _figures(found: Found) -> Iterator[tuple[str, tuple[float, Limits]]]:
    if "char bfloat16" in found:
        yield from _char(found["char bfloat16"])
    if "char float32" in found:
        for name in ("int8 weights, float32", "honest bfloat16"):
            curve = found["char float32"]["rows"][name]["auc"]
            yield f"pinned float32: AUC at 300 and 1000 tokens, {name}", (curve["300"], {})
            yield f"pinned float32: AUC at 1000 tokens, {name}", (curve["1000"], {})
    if "fingerprint" in found:
        for count, rows in found["fingerprint"].items():
            area = rows["4-bit weights, bfloat16"]["auc"]["10"]
            yield f"fingerprint, {count}: AUC at 10 tokens, 4-bit", (area, {"min": 0.999})
    for temperature, rows in found.get("demo", {}).items():
        for name, row in rows.items():
            limits: Limits = {"honest bfloat16": {"max": 0.001}, "ignored seed": {}}.get(name, {"min": 0.99})
            yield f"demo, {temperature}: 100 replies rejected, {name}", (row["rejected"], limits)


def _char(part: Mapping[str, Any]) -> Iterator[tuple[str, tuple[float, Limits]]]:
    calibration, rows = part["calibration"], part["rows"]
    yield "false reject, 200 tokens", (calibration["false_reject"], {"max": 0.001})
    yield "false reject, upper end of its 95 % interval", (calibration["false_reject_interval"][1], {})
    yield "honest miners alarmed in 10 000 replies", (calibration["false_alarm"], {"max": 0.05})
    for name in GROSS:
        yield f"found in one reply, {name}", (rows[name]["detected"], {"min": 0.99})
    for dtype, least in FOUR.items():
        row = rows[f"4-bit weights, {dtype}"]
        yield f"AUC at 300 tokens, 4-bit, {dtype}", (row["auc"]["300"], {"min": least})
        yield f"AUC at 1000 tokens, 4-bit, {dtype}", (row["auc"]["1000"], {"min": 0.999})
        yield f"replies until the alarm, 4-bit, {dtype}", (row["replies"] or float("inf"), {"max": 2})
    for name, row in rows.items():
        if "repaired" in name:
            yield f"real steps, {name}", (row["real"], {})
            yield f"found in one reply, {name}", (row["detected"], {})


def lines(found: Found, told: Mapping[str, Any]) -> list[str]:
    """The parts as Markdown tables, then the targets."""
    shown: list[str] = []
    for name, part in found.items():
        shown += ["", f"**{name}**", "", *_table(name, part)]
    shown.append("")
    for name, limits in told["targets"].items():
        kind, limit = next(iter(limits.items()))
        verdict = "missed" if name in told["missed"] else "met"
        shown.append(f"{name}: {told['figures'][name]:g} ({kind} {limit:g}, {verdict})")
    return shown


def _table(name: str, part: Mapping[str, Any]) -> list[str]:
    if name == "fingerprint":
        return _fingerprints(part)
    if name == "demo":
        return _demo(part)
    if name == "gpt2":
        return _noise(part["rows"])
    return _provers(part)


def _provers(part: Mapping[str, Any]) -> list[str]:
    head = "| prover | tokens that differ | mean margin | found in a reply | replies to the alarm | real steps | AUC "
    rows = [head + " | ".join(SHOWN) + " |", "|" + "---|" * (6 + len(SHOWN))]
    everything = {"honest, fresh noise": part["honest"], **part["rows"]}
    for name, row in everything.items():
        areas = " | ".join(_area(row["auc"].get(tokens)) for tokens in SHOWN)
        alarm = "-" if row["replies"] is None else f"{row['replies']:.0f}"
        real = f"{row['real']:.0%}" if row.get("real") else ""
        seen = f"{row['mismatch']:.4f} | {row['mean']:.5f} | {row['detected']:.3f}"
        rows.append(f"| {name} | {seen} | {alarm} | {real} | {areas} |")
    made = part["calibration"]
    low, high = made["false_reject_interval"]
    rows += [
        "",
        f"False rejections of {made['reply_tokens']} tokens: {made['false_reject']:.3%} (95 % interval {low:.3%} to "
        f"{high:.3%}); honest miners alarmed within {made['stream']} replies: {made['false_alarm']:.1%}; "
        f"border {made['border']:.4f}, gross from {made['gross_margin']:.2f} logits.",
    ]
    return rows


def _area(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _fingerprints(part: Mapping[str, Any]) -> list[str]:
    rows = ["| prover | directions | mean distance | AUC after 1 | 2 | 5 | 10 tokens |", "|" + "---|" * 7]
    for count, found in part.items():
        for name, row in found.items():
            areas = " | ".join(f"{row['auc'][tokens]:.4f}" for tokens in ("1", "2", "5", "10"))
            rows.append(f"| {name} | {count.split()[0]} | {row['mean']:.4f} | {areas} |")
    return rows


def _demo(part: Mapping[str, Any]) -> list[str]:
    rows = [
        "| miner | temperature | tokens that differ | 100 replies rejected | 95 % interval |",
        "|" + "---|" * 5,
    ]
    for temperature, found in part.items():
        for name, row in found.items():
            low, high = row["interval"]
            seen = f"{row['mismatch']:.4f} | {row['rejected']:.3f} | {low:.4f} to {high:.4f}"
            rows.append(f"| {name} | {temperature.split()[1]} | {seen} |")
    return rows


def _noise(found: Mapping[str, Any]) -> list[str]:
    head = (
        "| prover | tokens that differ | mean margin | 99.9 % margin | scale of errors | AUC 25 | 100 | 200 |"
    )
    rows = [head, "|" + "---|" * 8]
    for name, row in found.items():
        areas = " | ".join(f"{row['auc'][tokens]:.3f}" for tokens in ("25", "100", "200"))
        seen = f"{row['mismatch']:.4f} | {row['mean']:.5f} | {row['p99.9']:.3f} | {row['scale']:.3f}"
        rows.append(f"| {name} | {seen} | {areas} |")
    return rows
