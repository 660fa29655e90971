"""What the two sides of the sandbox agree on: exit codes of the child, and nothing else."""

ENDED = 0
"""The stranger's process came to an end by itself, however it did that."""

OUT_OF_TIME = 10
"""It was killed because it had used up its time."""

NO_WALLS = 20
"""It was never started, because the walls could not be set up; standard error says which."""
