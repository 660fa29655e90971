"""What keeps a validator's weights from being taken, said before they are sent.

The chain refuses such weights with an error's name, and the SDK does not look: minimum stake, permit, version
key. Each obstacle is one line that says what to do.
"""

from __future__ import annotations

from subnet.chain import Limits
from subnet.protocol import Hotkey, Peer

RAO = 10**9


def obstacles(me: Peer, owner: Hotkey, limits: Limits, version_key: int) -> list[str]:
    """One line for each check of the chain that this validator's weights would fail now.

    The owner's own hotkey needs neither permit nor stake, as on the chain.
    """
    found = []
    if me.hotkey != owner and not me.validator_permit:
        found.append("no weights: no validator permit; the epoch gives permits by stake")
    if me.hotkey != owner and me.stake < limits.min_stake:
        found.append(
            f"no weights: a stake weight of {limits.min_stake / RAO:g} is asked for and this hotkey has "
            f"{me.stake / RAO:g}; add stake with btcli stake add"
        )
    if version_key < limits.version:
        found.append(
            f"no weights: the subnet takes version key {limits.version} or later and this validator sends "
            f"{version_key}; update it as the owner says, then start it with --version-key {limits.version}"
        )
    return found
