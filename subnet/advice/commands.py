"""The commands that the doctor recommends, with the user's own names in them."""

from __future__ import annotations

import shlex
from pathlib import PurePath

from subnet.advice.facts import Keys

DEFAULT_PATH = "~/.bittensor/wallets"


def register(keys: Keys) -> str:
    """Buys a seat for the hotkey."""
    return f"btcli subnets register --netuid {keys.netuid} {_signer(keys)}"


def stake(keys: Keys, tao: float) -> str:
    """Stakes so many TAO on the hotkey in its subnet."""
    return f"btcli stake add --netuid {keys.netuid} --hotkey {keys.hotkey} --amount {tao:g} {_signer(keys)}"


def new_hotkey(keys: Keys) -> str:
    """Makes the hotkey that is missing."""
    return f"btcli wallet new-hotkey {_wallet(keys)}"


def own_file(keys: Keys) -> str:
    """Gives the user the hotkey's file, which is there but cannot be read."""
    file = shlex.quote(keys.hotkey_file)
    return f"sudo chown $USER {file}   # if it is spoilt: btcli wallet regen-hotkey {_wallet(keys)}"


def reset_axon(keys: Keys) -> str:
    """Takes a published address back."""
    return f"btcli axon reset --netuid {keys.netuid} {_signer(keys)}"


def start_subnet(keys: Keys) -> str:
    """Starts the subnet, by its owner."""
    return f"btcli sudo start --netuid {keys.netuid} {_signer(keys)}"


def set_parameter(keys: Keys, name: str, value: int) -> str:
    """Sets one of the subnet's parameters, by its owner."""
    return f"btcli sudo set --netuid {keys.netuid} --name {name} --value {value} {_signer(keys)}"


def list_subnets(keys: Keys) -> str:
    """Lists the subnets of the network."""
    return f"btcli subnets list --network {shlex.quote(keys.network)}"


def run(role: str, keys: Keys, *flags: str) -> str:
    """Starts the neuron."""
    return " ".join((f"assay {role} --netuid {keys.netuid}", _signer(keys), *flags))


def _signer(keys: Keys) -> str:
    return f"--network {shlex.quote(keys.network)} {_wallet(keys)}"


def _wallet(keys: Keys) -> str:
    usual = PurePath(keys.path) == PurePath(DEFAULT_PATH)
    path = "" if usual else f" --wallet-path {shlex.quote(keys.path)}"
    return f"-w {shlex.quote(keys.wallet)} -H {shlex.quote(keys.name)}{path}"
