"""Solvers of exercises on texts, lists and intervals."""

from __future__ import annotations


def text_pipeline(text: str, steps: list[tuple[str, str, int]]) -> str:
    """The text after all steps; a step is a kind, letters, and a number."""
    for kind, letters, number in steps:
        text = text_step(text, kind, letters, number)
    return text


def text_step(text: str, kind: str, letters: str, number: int) -> str:
    """The text after one step."""
    if kind == "rotate":
        turn = number % len(text) if text else 0
        return text[turn:] + text[:turn]
    if kind == "shift":
        return "".join(chr((ord(c) - 97 + number) % 26 + 97) if "a" <= c <= "z" else c for c in text)
    if kind == "remove":
        return text.replace(letters, "")
    if kind == "double":
        return text.replace(letters, letters * 2)
    if kind == "replace":
        return text.replace(letters[0], letters[1])
    if kind == "insert":
        return "".join(c + letters if place % number == 0 else c for place, c in enumerate(text, 1))
    if kind == "flip":
        return "".join(text[at : at + number][::-1] for at in range(0, len(text), number))
    if kind == "swapcase":
        return "".join(c.swapcase() if letters[0] <= c.lower() <= letters[1] else c for c in text)
    if kind == "count":
        return text + str(text.count(letters))
    if kind == "last":
        return text.replace(letters, "") + letters * text.count(letters)
    return text[:number]


def list_pipeline(numbers: list[int], steps: list[tuple[str, int, int]]) -> list[int]:
    """The numbers after all steps; a step is a kind and two numbers."""
    for kind, first, second in steps:
        numbers = list_step(numbers, kind, first, second)
    return numbers


def list_step(numbers: list[int], kind: str, first: int, second: int) -> list[int]:
    """The numbers after one step."""
    if kind == "add":
        return [number + first for number in numbers]
    if kind == "multiply":
        return [number * first for number in numbers]
    if kind == "remainder":
        return [number % first for number in numbers]
    if kind == "drop":
        return [number for number in numbers if number % first != second]
    if kind == "rotate":
        turn = first % len(numbers) if numbers else 0
        return numbers[turn:] + numbers[:turn]
    if kind == "clip":
        return [min(second, max(first, number)) for number in numbers]
    if kind == "flip":
        return [number for at in range(0, len(numbers), first) for number in numbers[at : at + first][::-1]]
    if kind == "above":
        return [number for number in numbers if number >= first]
    if kind == "xor":
        return [number ^ first for number in numbers]
    total, sums = 0, []
    for number in numbers:
        total = (total + number) % first
        sums.append(total)
    return sums


def intervals(
    spans: list[list[int]], gap: int, shortest: int, factor: int, fee: int, low: int, high: int
) -> int:
    """Worth of the merged spans inside a window."""
    inside = sorted((max(a, low), min(b, high)) for a, b in spans if max(a, low) < min(b, high))
    merged: list[list[int]] = []
    for start, end in inside:
        if merged and start - merged[-1][1] <= gap:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return sum(factor * (end - start) + fee for start, end in merged if end - start >= shortest)
