"""`python -m subnet.rules FILE.json`: replay the chain-rule vectors of a file.

Prints a line for each vector that is not reproduced; exit code 0 when all are, 3 when some are not, 2 for
wrong usage or an unreadable file.
"""

import sys

from subnet.rules import commits, vectors
from subnet.rules.replay import is_sequence, run

DRAND = "drand"


def main(arguments: list[str]) -> int:
    """Print the report of the file named in `arguments`; returns the exit code."""
    command = vectors.parser("python -m subnet.rules", "Replay the chain-rule vectors of a file.")
    command.add_argument("--verbose", action="store_true", help="also name the sequences that were not run")
    options = command.parse_args(arguments)
    try:
        listed = vectors.load(options.file, ["other_vectors"])["other_vectors"]
    except vectors.UnreadableFile as failure:
        print(failure, file=sys.stderr)
        return 2
    sequences = [vector for vector in listed if is_sequence(vector)]
    pulses = [vector for vector in listed if vector.get("group") == DRAND]
    report = vectors.replay((v for v in listed if v not in sequences and v not in pulses), run)
    report.lines.extend(f"{vector['id']}: {pulse(vector)}" for vector in pulses)
    if sequences:
        report.lines.append(f"{len(sequences)} behaviour sequences need a chain and were not run")
    if options.verbose:
        report.lines.extend(f"  {vector['id']}" for vector in sequences)
    print(report.text())
    return report.exit_code


def pulse(vector: vectors.Vector) -> str:
    """What can be said of a drand pulse: its message is computed, its signature needs pairing arithmetic."""
    found = vectors.outcome(vector, _message_difference)
    message = f"message {found}" if found else "message reproduced"
    return f"{message}; the signature needs pairing arithmetic, so the vector is not counted"


def _message_difference(vector: vectors.Vector) -> str | None:
    got = commits.drand_message(vector["input"]["round"]).hex()
    return vectors.difference(got, vector["expected"]["message_sha256_hex"], 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
