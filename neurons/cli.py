"""`assay ...`: one subcommand per user task, each a thin call."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

# Command -> (module whose `main(argv) -> int` it is, one line of help). Modules load when their command runs,
# so that a light command does not wait for what a heavy one imports.
COMMANDS = {
    "localnet": ("neurons.localnet.command", "a whole subnet on this machine, in one command"),
    "chain": ("neurons.chain_command", "the embedded chain alone, for the SDK, btcli and your tests"),
    "miner": ("neurons.miner", "serve a model and earn"),
    "validator": ("neurons.validator", "ask miners, score them, set weights"),
    "signer": ("neurons.signer", "keep a hotkey, and sign for a neuron what it has to sign"),
    "why": ("neurons.why_command", "what a hotkey's score is made of"),
    "audit-tasks": ("neurons.audit_command", "whether a validator asked what its pledged secrets make"),
    "doctor": ("neurons.doctor_command", "what is wrong with a miner, a validator or a subnet, and its fix"),
    "receipt": ("neurons.receipt_command", "check a receipt that a miner gave with a reply"),
    "port": ("neurons.port_command", "list the calls of SDK 9 and 10 in a code base"),
}
INTERRUPTED = 130  # what shells report for a program ended by Ctrl-C


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one subcommand; returns its exit code (2 when there is no such command)."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in {"-h", "--help"}:
        print(usage())
        return 0 if words else 2
    if words[0] not in COMMANDS:
        sys.stderr.write(f"assay: no command {words[0]!r}; commands: {', '.join(COMMANDS)}\n")
        return 2
    try:
        module = importlib.import_module(COMMANDS[words[0]][0])
    except KeyboardInterrupt:
        return INTERRUPTED
    return int(module.main(words[1:]))


def usage() -> str:
    """What `assay --help` prints."""
    lines = [f"  {name:<12} {about}" for name, (_, about) in COMMANDS.items()]
    return "\n".join(
        ["usage: assay COMMAND [OPTIONS]     (assay COMMAND --help tells a command's options)", "", *lines]
    )


if __name__ == "__main__":
    sys.exit(main())
