"""`python -m subnet.yuma FILE.json`: replay the consensus vectors of a file.

Prints a line for each vector that is not reproduced; exit code 0 when all are, 3 when some are not, 2 for
wrong usage or an unreadable file.
"""

import sys

from subnet.rules import vectors
from subnet.yuma import replay_epoch, replay_math


def main(arguments: list[str]) -> int:
    """Print the report of the file named in `arguments`; returns the exit code."""
    command = vectors.parser("python -m subnet.yuma", "Replay the consensus vectors of a file.")
    options = command.parse_args(arguments)
    try:
        listed = vectors.load(options.file, ["epoch_vectors", "math_vectors"])
    except vectors.UnreadableFile as failure:
        print(failure, file=sys.stderr)
        return 2
    report = vectors.joined(
        vectors.replay(listed["epoch_vectors"], replay_epoch.run),
        vectors.replay(listed["math_vectors"], replay_math.run),
    )
    print(report.text())
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
