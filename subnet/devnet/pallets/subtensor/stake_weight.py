"""How much a hotkey's stake weighs: its alpha and its root TAO, after parents and children (rules 5.2)."""

from typing import NamedTuple

from subnet.devnet.pallets.subtensor.storage import ChildKeys, ParentKeys, TaoWeight, TotalHotkeyAlpha
from subnet.devnet.pallets.subtensor.subnets import ROOT
from subnet.devnet.state import State
from subnet.rules import stake
from subnet.rules.fixed import I64F64


class Inherited(NamedTuple):
    """Rao of alpha and of root TAO that a hotkey carries, and what they weigh together (raw I64F64)."""

    alpha: int
    tao: int
    weight_raw: int

    @property
    def weight(self) -> int:
        """The stake weight in rao, floored."""
        return I64F64.floor(self.weight_raw)


def inherited(state: State, netuid: int, hotkey: bytes) -> Inherited:
    """What a hotkey carries on a subnet; on root its root stake alone."""
    tao = _carried(state, netuid, hotkey, ROOT)
    if netuid == ROOT:
        return Inherited(0, tao, I64F64.from_int(tao))
    alpha = _carried(state, netuid, hotkey, netuid)
    return Inherited(alpha, tao, stake.weight_raw(alpha, tao, TaoWeight[state]))


def weight(state: State, netuid: int, hotkey: bytes) -> int:
    """The stake weight in rao that thresholds are held against."""
    return inherited(state, netuid, hotkey).weight


def _carried(state: State, netuid: int, hotkey: bytes, held_on: int) -> int:
    """The hotkey's stake on `held_on`, less what its children and plus what its parents on `netuid` lend."""
    own: int = TotalHotkeyAlpha[state, hotkey, held_on]
    children, parents = ChildKeys[state, hotkey, netuid], ParentKeys[state, hotkey, netuid]
    if not children and not parents:
        return own
    lent = [stake.Link(TotalHotkeyAlpha[state, parent, held_on], share) for share, parent in parents]
    return stake.inherited(own, [share for share, _ in children], lent)
