"""Where inputs come from, and who judges what each did: in bounded time, without a crash, without growth.

`guided` lets atheris (libFuzzer) choose inputs by the code that they reach; `blind` changes seeds by chance and
needs nothing installed. Both hand every input to one `Judge`.
"""

from __future__ import annotations

import gc
import hashlib
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any, Protocol

import psutil

LONGEST = 4096  # bytes of an input
_VARIED = 0.25  # of the inputs that libFuzzer asks for: it finds the way to the rest by itself
_WARM = 10  # memory counts from the tenth part of the inputs on, when caches are full


class Target(Protocol):
    """What inputs are fed to; see fuzz_targets."""

    def seeds(self) -> list[bytes]:
        """Inputs to begin with."""

    def tokens(self) -> list[bytes]:
        """Pieces worth inserting."""

    def vary(self, rng: Random) -> bytes:
        """An input of the right shape."""

    def run(self, data: bytes) -> None:
        """Takes one input; raises when it does what it must not."""


class Hang(BaseException):
    """An input took more CPU time than any may; no `except Exception` on the way may take it for its own."""


@dataclass
class Findings:
    """What came of a run; `crash` is the file with the input that broke something, `error` what it did."""

    inputs: int = 0
    seconds: float = 0.0
    slowest_ms: float = 0.0
    growth_mib: float = 0.0
    crash: str = ""
    error: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For a report."""
        return asdict(self)


class Judge:
    """Runs inputs one by one and stops by calling `done` after `most` of them or at the first crash."""

    def __init__(self, target: Target, most: int, limit: float, folder: Path) -> None:
        self.target, self.most, self.limit, self.folder = target, most, limit, folder
        self.findings = Findings()
        self.done: Callable[[], None] = lambda: None
        self._began = time.perf_counter()
        self._memory = 0
        signal.signal(signal.SIGVTALRM, _too_long)

    def __call__(self, data: bytes) -> None:
        """Judges one input; inputs behind the end are not looked at."""
        findings = self.findings
        if findings.crash or findings.inputs >= self.most:
            return
        try:
            self._timed(data)
        except (Exception, Hang) as error:  # noqa: BLE001 - whatever it raises is the finding
            self._found(data, error)
        findings.inputs += 1
        if findings.inputs == max(1, self.most // _WARM):
            self._memory = _resident()
        if findings.crash or findings.inputs >= self.most:
            findings.seconds = time.perf_counter() - self._began
            findings.growth_mib = (_resident() - self._memory) / 2**20 if self._memory else 0.0
            self.done()

    def _timed(self, data: bytes) -> None:
        """The bound is on CPU time of this process, so that a busy machine makes no hangs."""
        before = time.process_time()
        signal.setitimer(signal.ITIMER_VIRTUAL, self.limit)
        try:
            self.target.run(data)
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        self.findings.slowest_ms = max(self.findings.slowest_ms, (time.process_time() - before) * 1000)

    def _found(self, data: bytes, error: BaseException) -> None:
        name = f"{type(self.target).__name__.lower()}-{hashlib.sha256(data).hexdigest()[:16]}"
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / name
        path.write_bytes(data)
        self.findings.crash, self.findings.error = str(path), f"{type(error).__name__}: {error}"[:1000]
        traceback.print_exception(error, file=sys.stderr)


def _too_long(number: int, frame: Any) -> None:
    raise Hang("the time for one input is over")


def _resident() -> int:
    gc.collect()
    return int(psutil.Process().memory_info().rss)


def blind(judge: Judge, seed: int) -> None:
    """Judges the seeds, and then changed and varied ones until the judge has had enough."""
    seeds, tokens, rng = judge.target.seeds(), judge.target.tokens(), Random(seed)
    for data in seeds:
        judge(data)
    while judge.findings.inputs < judge.most and not judge.findings.crash:
        judge(proposed(rng, judge.target, seeds, tokens))


def proposed(rng: Random, target: Target, seeds: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    """An input by the target's own idea of what is interesting, a changed one of those, or a changed seed."""
    chance = rng.random()
    if chance < 0.4:
        return target.vary(rng)
    return mutated(rng, [target.vary(rng)] if chance < 0.6 else seeds, tokens)


def guided(judge: Judge, seed: int, finish: Callable[[], None]) -> None:
    """Judges what libFuzzer proposes; never returns: `finish` is called, and this process ends."""
    import atheris  # optional, and only here

    def end() -> None:
        finish()
        sys.stderr.flush()
        os._exit(0)  # libFuzzer has no way to say that it is enough

    judge.done = end
    corpus = Path(tempfile.mkdtemp(prefix="fuzz-"))
    for number, data in enumerate(judge.target.seeds()):
        (corpus / f"seed{number:04}").write_bytes(data)
    words = corpus.with_suffix(".dict")
    words.write_text("".join(f'"{_escaped(token)}"\n' for token in judge.target.tokens()))
    flags = [f"-seed={seed}", f"-max_len={LONGEST}", f"-dict={words}", "-verbosity=0", "-len_control=20"]

    def change(data: bytes, longest: int, seed: int) -> bytes:
        rng = Random(seed)
        varied = rng.random() < _VARIED
        return judge.target.vary(rng)[:longest] if varied else bytes(atheris.Mutate(data, longest))

    atheris.Setup([sys.argv[0], *flags, str(corpus)], judge, custom_mutator=change)
    atheris.Fuzz()


def _escaped(token: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in token)


def mutated(rng: Random, seeds: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    """A seed after one to six random changes."""
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.randint(1, 6)):
        rng.choice(_CHANGES)(rng, data, seeds, tokens)
    return bytes(data[:LONGEST])


Change = Callable[[Random, bytearray, Sequence[bytes], Sequence[bytes]], None]


def _place(rng: Random, data: bytearray) -> tuple[int, int]:
    """A slice, more often a short one."""
    start = rng.randint(0, len(data))
    return start, min(len(data), start + rng.choice((0, 1, 1, 2, 4, 8, 32, 128)))


def _flip(rng: Random, data: bytearray, seeds: Sequence[bytes], tokens: Sequence[bytes]) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _set(rng: Random, data: bytearray, seeds: Sequence[bytes], tokens: Sequence[bytes]) -> None:
    if data:
        data[rng.randrange(len(data))] = rng.choice(
            (0, 1, 3, 0x7F, 0x80, 0xFC, 0xFE, 0xFF, rng.randrange(256))
        )


def _cut(rng: Random, data: bytearray, seeds: Sequence[bytes], tokens: Sequence[bytes]) -> None:
    start, end = _place(rng, data)
    del data[start:end]


def _repeat(rng: Random, data: bytearray, seeds: Sequence[bytes], tokens: Sequence[bytes]) -> None:
    start, end = _place(rng, data)
    data[end:end] = data[start:end] * rng.choice((1, 1, 2, 50))


def _token(rng: Random, data: bytearray, seeds: Sequence[bytes], tokens: Sequence[bytes]) -> None:
    start, end = _place(rng, data)
    data[start : rng.choice((start, end))] = rng.choice(tokens)


def _splice(rng: Random, data: bytearray, seeds: Sequence[bytes], tokens: Sequence[bytes]) -> None:
    other = rng.choice(seeds)
    start, end = _place(rng, data)
    data[start : rng.choice((end, len(data)))] = other[rng.randint(0, len(other)) :]


def _end(rng: Random, data: bytearray, seeds: Sequence[bytes], tokens: Sequence[bytes]) -> None:
    """Missing or trailing bytes."""
    if rng.random() < 0.5:
        del data[rng.randint(0, len(data)) :]
    else:
        data += rng.randbytes(rng.choice((1, 2, 8)))


_CHANGES: tuple[Change, ...] = (_flip, _set, _cut, _repeat, _token, _token, _splice, _end)
