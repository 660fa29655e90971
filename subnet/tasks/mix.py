"""What a validator asks: one or several kinds of tasks, each as often as its weight says.

reasoning                            one kind
reasoning=3,text=1                   three turns of four to reasoning
reasoning/countdown@2=2,text/extract a family of a kind, at one level or at all its levels
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from subnet.tasks.base import Source, Task
from subnet.tasks.sampling import Sampling
from subnet.tasks.schedule import MOST_TURNS, family_at, split_level, turn

PROBE = "a-task-made-to-see-whether-it-can-be"
MOST_CHARS = 4096


@dataclass(frozen=True, slots=True)
class Entry:
    """One part of a mix: families of one source, and their common weight."""

    name: str
    source: Source
    families: tuple[str, ...]
    weight: int = 1


@dataclass(frozen=True)
class Mix:
    """A source made of several, with the public schedule of their families, and how miners are to sample.

    ValueError when a family is ambiguous.
    """

    entries: tuple[Entry, ...]
    sampling: Sampling | None = None
    _sources: Mapping[str, Source] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        sources: dict[str, Source] = {}
        for entry in self.entries:
            if not entry.families:
                raise ValueError(
                    f"{entry.name} has no families of its own: name one, as in {entry.name}/NAME"
                )
            for family in entry.families:
                if sources.setdefault(family, entry.source) is not entry.source:
                    raise ValueError(f"two kinds have a family called {family!r}")
        names = [entry.name for entry in self.entries]
        if len(set(names)) < len(names):
            raise ValueError("a part is named twice")
        if not 0 < sum(entry.weight for entry in self.entries) <= MOST_TURNS:
            raise ValueError(f"the weights add up to 1 at least and {MOST_TURNS} at most")
        object.__setattr__(self, "_sources", sources)

    @classmethod
    def of(cls, source: Source) -> Mix:
        """The mix of one source alone."""
        return source if isinstance(source, Mix) else cls((Entry("all", source, source.families),))

    @property
    def families(self) -> tuple[str, ...]:
        """The families of all entries, in alphabetical order."""
        return tuple(sorted(self._sources))

    def family_at(self, block_hash: str, epoch: int, index: int) -> str:
        """The family of the task with this index; the same for everyone with the same mix."""
        by_name = {entry.name: entry for entry in self.entries}
        weights = {name: by_name[name].weight for name in sorted(by_name)}
        name, before = turn(weights, f"{block_hash}/{epoch}/kinds", index)
        return family_at(by_name[name].families, block_hash, epoch, before)

    def make(self, family: str, seed: int, query_id: str, seconds: float) -> Task:
        """The instance of a family of this mix; raises ValueError for any other family."""
        if family not in self._sources:
            raise ValueError(f"no family {family!r} is asked here; there are {', '.join(self.families)}")
        return self._sources[family].make(family, seed, query_id, seconds)

    def probe(self) -> list[Task]:
        """One task of each family, made to see that all can be; raises ValueError for one that cannot."""
        return [self._probed(family) for family in self.families]

    def _probed(self, family: str) -> Task:
        try:
            return self.make(family, 1, PROBE, 1.0)
        except KeyError:  # what a source that keeps its families in a dictionary says
            raise ValueError(f"there is no family {family!r}") from None


def mixed(text: str, kinds: Mapping[str, Callable[[], Source]]) -> Mix:
    """The mix that `text` describes, see above. Raises ValueError, with one line, for what is not one."""
    if len(text) > MOST_CHARS:
        raise ValueError(f"more than {MOST_CHARS} characters")
    made: dict[str, Source] = {}
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return Mix(tuple(_entry(part, kinds, made) for part in parts))


def _entry(part: str, kinds: Mapping[str, Callable[[], Source]], made: dict[str, Source]) -> Entry:
    name, equals, weight = part.partition("=")
    kind, _, family = name.partition("/")
    if kind not in kinds:
        raise ValueError(f"there is no kind of tasks called {kind!r}; known: {', '.join(kinds)}")
    if equals and not (weight.isascii() and weight.isdigit() and 0 < int(weight[:5]) <= MOST_TURNS):
        raise ValueError(f"{part}: a weight is a whole number from 1 to {MOST_TURNS}")
    if kind not in made:
        made[kind] = kinds[kind]()
    families = _families(made[kind].families, family) if family else made[kind].families
    return Entry(name, made[kind], families, int(weight or 1))


def _families(known: Sequence[str], family: str) -> tuple[str, ...]:
    """All levels of a named family that the kind lists; one that it does not list is taken as it is written."""
    levels = tuple(one for one in known if split_level(one)[0] == family)
    return (family,) if family in known or not levels else levels
