"""What a dotted name means in one file: a call of an older SDK, or nothing of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from subnet.porting import sdk11
from subnet.porting.members import GIVES, MEMBERS, SAME_NAME, Kind
from subnet.porting.names import CHANGED, COMPANIONS, ELSEWHERE, KINDS, NAMES, WEIGHT_FUNCTIONS
from subnet.porting.words import Area, Replacement

ROOTS = frozenset(("bittensor", *COMPANIONS))

# What a variable of this name holds, wherever the SDK is used; `mock_subtensor` and `self.SUBTENSOR` count, too.
_USUAL = re.compile(r"(?:^|_)(subtensor|metagraph|dendrite|axon|synapse|wallet|config|neuron)$")


@dataclass(frozen=True, slots=True)
class Meaning:
    """A dotted name is old up to its `length`-th part; `guessed` when only a variable's name says so."""

    length: int
    replacement: Replacement
    guessed: bool


@dataclass
class Scope:
    """What the names of one file stand for.

    `aliases` maps a local name to the path below the SDK that was imported; `kinds` a variable or attribute to
    what it holds; `classes` a class of the code base that derives from an old one to that kind. `me` is the
    kind of `self`, `own` the names that its class defines. With `customary`, usual variable names count.
    """

    classes: Mapping[str, Kind]
    customary: bool
    aliases: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, Kind] = field(default_factory=dict)
    me: Kind | None = None
    own: frozenset[str] = frozenset()

    def meaning(self, parts: Sequence[str], start: Kind | None = None) -> Meaning | None:
        """What `a.b.c` means; `start` is the kind of the value before the first part, as of `f().b.c`."""
        if start is not None or parts[0] not in self.aliases:
            return self._walk(parts, start)[0]
        path = self.aliases[parts[0]].split(".")
        found = self.imported([*path, *parts[1:]])
        if found is None or found.length < len(path):
            return None
        return Meaning(found.length - len(path) + 1, found.replacement, guessed=False)

    def imported(self, path: Sequence[str]) -> Meaning | None:
        """What a dotted path from a package's name on means: `bittensor.core.axon.Axon`."""
        if path[0] in COMPANIONS:
            named = next((NAMES[part] for part in path[1:] if part in NAMES), COMPANIONS[path[0]])
            return Meaning(len(path), named, guessed=False)
        if path[0] != "bittensor" or len(path) == 1 or path[1] == "*":
            return None
        name = path[1]
        if name in sdk11.NAMES | sdk11.DUNDERS and (name not in CHANGED or len(path) > 2):
            return self._of_class(path)
        return Meaning(len(path), _removed(path[1:]), guessed=False)

    def kind(self, parts: Sequence[str], start: Kind | None = None) -> Kind | None:
        """What the value of a dotted name is, or what calling it gives."""
        if start is not None or parts[0] not in self.aliases:
            return self._walk(parts, start)[1]
        path = [*self.aliases[parts[0]].split("."), *parts[1:]]
        return next((KINDS[part] for part in reversed(path) if part in KINDS), None)

    def _of_class(self, path: Sequence[str]) -> Meaning | None:
        """A member that a class which SDK 11 kept has lost."""
        kind = KINDS.get(path[1])
        if kind is None or len(path) < 3 or path[2] not in MEMBERS[kind]:
            return None
        return Meaning(3, MEMBERS[kind][path[2]], guessed=False)

    def _walk(self, parts: Sequence[str], kind: Kind | None) -> tuple[Meaning | None, Kind | None]:
        """From part to part: the longest old name, and what the whole is."""
        if kind is None and len(parts) == 1 and parts[0] in WEIGHT_FUNCTIONS:
            return Meaning(1, NAMES[parts[0]], guessed=True), None
        found, sure = None, kind is not None
        for index, part in enumerate(parts):
            before, kind = kind, GIVES.get((kind or "", part))
            if before is not None and self._lost(before, parts, index):
                found = Meaning(index + 1, MEMBERS[before][part], guessed=not sure)
            if before == "config":
                return found, None  # a section of the settings is not the object of the same name
            if kind is None:
                kind, sure = self._named(part, index)
        return found, kind

    def _lost(self, kind: Kind, parts: Sequence[str], index: int) -> bool:
        name = parts[index]
        if name not in MEMBERS[kind] or (index == 1 and parts[0] in ("self", "cls") and name in self.own):
            return False
        return index == len(parts) - 1 or name not in SAME_NAME.get(kind, ())

    def _named(self, name: str, index: int) -> tuple[Kind | None, bool]:
        if index == 0 and name in ("self", "cls"):
            return self.me, True
        known = self.kinds.get(name) or self.classes.get(name)
        if known is not None:
            return known, True
        usual = _USUAL.search(name.lower() if name.isupper() else name) if self.customary else None
        return (usual[1], False) if usual else (None, False)


def _removed(path: Sequence[str]) -> Replacement:
    """What replaces a path below `bittensor`: the first listed name in it decides, classes before modules."""
    listed = [part for part in path if part in NAMES]
    if listed:
        return NAMES[next((part for part in listed if part[0].isupper()), listed[-1])]
    if path[-1] in sdk11.NAMES:
        area: Area = "subtensor" if KINDS.get(path[-1]) == "subtensor" else "other"
        return Replacement(area, f"`bt.{path[-1]}`: import it from `bittensor` itself")
    return ELSEWHERE
