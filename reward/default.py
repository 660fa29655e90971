"""The rubric that a validator uses unless its owner brings another (`--rubric FILE.py:NAME`).

Solving is the gate: a wrong answer is worth nothing, however quick or well formed it is.
"""

from reward.pace import quick
from reward.rubric import Rubric
from reward.text import solved, tidy

DEFAULT = Rubric({solved: 0.9, tidy: 0.05, quick: 0.05}, gates=[solved])
