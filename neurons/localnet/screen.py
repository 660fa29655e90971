"""What a person sees of the local network: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from neurons.localnet.record import EpochRow, NeuronRow

RAO = 1_000_000_000
ROLE_STYLE = {"owner": "magenta", "validator": "cyan", "miner": "green"}
NEWS_LINES = 6
PICTURE_COLUMNS = 104
WIDE_COLUMNS = 100


@dataclass(frozen=True, slots=True)
class View:
    """The subnet at one block: what the table shows. `immune` holds the names within their immunity period."""

    block: int
    epoch: int
    blocks_left: int | None
    rows: Sequence[NeuronRow]
    immune: frozenset[str]


class Screen:
    """Shows news and views on standard error: live on a terminal, else one line per event and epoch."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._console = Console(stderr=True)
        self._live = Live(console=self._console, auto_refresh=False, transient=False)
        self._news: list[str] = []
        self._view: View | None = None

    def __enter__(self) -> Screen:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def say(self, line: str) -> None:
        """One piece of news."""
        self._news = [*self._news, line][-NEWS_LINES:]
        self._print(line)

    def show(self, view: View) -> None:
        """The subnet as it stands now; only a terminal shows every view."""
        self._view = view
        if self._console.is_terminal:
            self._live.update(self._picture(), refresh=True)

    def epoch(self, epoch: EpochRow) -> None:
        """The result of an epoch, one line for those who watch a log."""
        miners = sorted((row for row in epoch.neurons if row.role == "miner"), key=_by_incentive)
        shares = ", ".join(f"{row.name} {row.incentive:.3f}" for row in miners)
        paid = any(row.incentive for row in miners)
        told = f"incentive {shares}" if paid else "no weights yet: permits are given, stake is paid"
        self.say(f"epoch {epoch.epoch} at block {epoch.block}: {told}")

    def save_picture(self, path: Path) -> None:
        """Writes the last view and news as an SVG picture of a terminal."""
        console = Console(record=True, file=io.StringIO(), width=PICTURE_COLUMNS)
        console.print(self._picture(wide=True))
        console.save_svg(str(path), title=self._title)

    def _print(self, line: str) -> None:
        if self._console.is_terminal:
            self._live.update(self._picture(), refresh=True)
        else:
            with contextlib.suppress(OSError):  # nobody reads any more: the run and its report still matter
                sys.stderr.write(line + "\n")
                sys.stderr.flush()

    def _picture(self, wide: bool | None = None) -> Group:
        wide = self._console.width >= WIDE_COLUMNS if wide is None else wide
        news = [Text(line, style="dim", no_wrap=True, overflow="ellipsis") for line in self._news]
        if self._view is None:
            return Group(*news)
        return Group(_table(self._title if wide else "", self._view, wide), *news)


def _table(title: str, view: View, wide: bool) -> Table:
    """The table; a narrow terminal does without roles, which the colours tell, and without immunity."""
    left = "" if view.blocks_left is None else f", next epoch in {view.blocks_left} blocks"
    heading = f"{title}   block {view.block}, epoch {view.epoch}{left}".strip()
    table = Table(
        title=heading, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False
    )
    for column in ("uid", "name", *(["role"] if wide else [])):
        table.add_column(column, no_wrap=True)
    for column in ("score", "incentive", "dividends", "emission α", "stake α"):
        table.add_column(column, justify="right", no_wrap=True)
    if wide:
        table.add_column("immune")
    for row in view.rows:
        table.add_row(*_cells(row, row.name in view.immune, wide), style=ROLE_STYLE.get(row.role, ""))
    return table


def _cells(row: NeuronRow, immune: bool, wide: bool) -> list[str]:
    figures = [
        "" if row.score is None else f"{row.score:.2f}",
        f"{row.incentive:.3f}",
        f"{row.dividends:.3f}",
        f"{row.emission / RAO:,.3f}",
        f"{row.stake / RAO:,.1f}",
    ]
    if not wide:
        return [str(row.uid), row.name, *figures]
    return [str(row.uid), row.name, row.role, *figures, "yes" if immune else ""]


def _by_incentive(row: NeuronRow) -> float:
    return -row.incentive
