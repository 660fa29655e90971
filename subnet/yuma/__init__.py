"""Yuma consensus as a library: arrays in, arrays out, equal to the chain to the last bit.

`epoch` runs one epoch of one mechanism; `aggregated` joins several. Values are I32F32 raw integers in
int64 arrays inside, u16 shares and rao outside; see `subnet.yuma.state` for what goes in and comes out.
"""

from subnet.yuma.bonds import LiquidAlpha
from subnet.yuma.epoch import epoch
from subnet.yuma.matrix import ABSENT, Matrix
from subnet.yuma.mechanisms import Aggregate, aggregated
from subnet.yuma.median import weighted_median, weighted_median_columns
from subnet.yuma.state import Moment, Neurons, Outcome, Rules, in_rao

__all__ = [
    "ABSENT",
    "Aggregate",
    "LiquidAlpha",
    "Matrix",
    "Moment",
    "Neurons",
    "Outcome",
    "Rules",
    "aggregated",
    "epoch",
    "in_rao",
    "weighted_median",
    "weighted_median_columns",
]
