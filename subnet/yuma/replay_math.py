"""The `math_vectors` of a vector file: single functions of the epoch's arithmetic."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from subnet.rules.fixed import I32F32, ONE, max_upscaled, sigmoid
from subnet.rules.vectors import CannotRun, Vector, difference
from subnet.rules.weights import max_share_within, max_upscaled_u16
from subnet.yuma import arithmetic, bonds
from subnet.yuma.arithmetic import Fixed, Mask
from subnet.yuma.median import weighted_median, weighted_median_columns
from subnet.yuma.validators import top, top_nonzero
from subnet.yuma.votes import without

_KIND = " (dense and sparse)"


def run(vector: Vector) -> str | None:
    """How the library's result differs from the vector's, None when it is the same."""
    name = vector["function"].removesuffix(_KIND)
    if name not in FUNCTIONS:
        raise CannotRun(f"no function called {name}")
    return difference(FUNCTIONS[name](vector["input"]), vector["expected"], vector.get("tolerance", 0))


def fixed(values: Any) -> Fixed:
    """Numbers, nested or not, as I32F32."""
    raw = np.vectorize(I32F32.from_number, otypes=[np.int64])
    array = np.array(values, dtype=np.float64)
    return np.asarray(raw(array) if array.size else array, dtype=np.int64)


def number(value: float) -> int:
    """One number as I32F32."""
    return I32F32.from_number(value)


def shown(values: Fixed) -> Any:
    """I32F32 values as numbers again, in the nesting they have."""
    return (values / ONE).tolist()


def _upscaled_floats(given: Mapping[str, Any]) -> list[int]:
    values = [number(float(np.float32(value))) for value in given["values"]]
    return max_upscaled(values + ([given["last_value_raw"]] if "last_value_raw" in given else []))


def _median(given: Mapping[str, Any]) -> float:
    stake = arithmetic.normalised(fixed(given["stake"]))
    minority = int(arithmetic.total(stake)) - number(given["majority"])
    return weighted_median(stake, fixed(given["score"]), minority) / ONE


def _median_columns(given: Mapping[str, Any]) -> Any:
    return shown(
        weighted_median_columns(fixed(given["stake"]), fixed(given["weights"]), number(given["majority"]))
    )


def _masked(given: Mapping[str, Any], removed: Callable[[Fixed, Fixed], Any]) -> Any:
    first, second = fixed(given["first"])[:, None], fixed(given["second"])[None, :]
    return _without(given["matrix"], removed(first, second))


def _diagonal(given: Any) -> Any:
    return _without(given, np.eye(len(given), dtype=np.bool_))


def _without(matrix: Any, removed: Mask) -> Any:
    return shown(np.maximum(without(fixed(matrix), removed), 0))


def _interpolated(given: Mapping[str, Any]) -> Any:
    ratio = number(given["ratio"])
    return shown(bonds.interpolated(fixed(given["first"]), fixed(given["second"]), ratio))


def _smoothed(given: Mapping[str, Any], stored: Callable[[Fixed], Mask]) -> Any:
    new, old, alpha = (fixed(given[name]) for name in ("new", "old", "alpha"))
    return shown(bonds.smoothed_by_cell(new, old, alpha, stored(new)))


def _every(matrix: Fixed) -> Mask:
    return np.ones(matrix.shape, dtype=np.bool_)


def _above_zero(matrix: Fixed) -> Mask:
    return np.asarray(matrix > 0)


def _smoothed_scalar(given: Mapping[str, Any]) -> Any:
    return shown(bonds.smoothed(fixed(given["new"]), fixed(given["old"]), number(given["alpha"])))


def _rows_normalised(values: Any) -> Any:
    matrix = fixed(values)
    return shown(arithmetic.shares(matrix, arithmetic.total(matrix, axis=1)[:, None]))


def _rows_times(given: Mapping[str, Any]) -> Any:
    return shown(arithmetic.weighted_rows(fixed(given["vector"]), fixed(given["matrix"])))


def _columns_times(given: Mapping[str, Any]) -> Any:
    return shown(arithmetic.weighted_columns(fixed(given["matrix"]), fixed(given["vector"])))


def _clipped(given: Mapping[str, Any]) -> Any:
    return shown(bonds.clip(fixed(given["matrix"]), fixed(given["threshold"])))


FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "vec_max_upscale_to_u16": _upscaled_floats,
    "vec_u16_max_upscale_to_u16": max_upscaled_u16,
    "check_vec_max_limited": lambda v: max_share_within(v["vector"], v["limit"]),
    "is_topk": lambda v: top(fixed(v["vector"]), v["k"]).tolist(),
    "is_topk_nonzero": lambda v: top_nonzero(fixed(v["vector"]), v["k"]).tolist(),
    "normalize": lambda v: shown(arithmetic.normalised(fixed(v))),
    "row_normalize": _rows_normalised,
    "col_normalize": lambda v: shown(arithmetic.columns_normalised(fixed(v))),
    "col_max_upscale": lambda v: shown(arithmetic.columns_upscaled(fixed(v))),
    "weighted_median": _median,
    "weighted_median_col": _median_columns,
    "row_sum": lambda v: shown(arithmetic.total(fixed(v), axis=1)),
    "row_sum_sparse": lambda v: shown(arithmetic.total(fixed(v), axis=1)),
    "col_sum": lambda v: shown(arithmetic.total(fixed(v), axis=0)),
    "col_sum_sparse": lambda v: shown(arithmetic.total(fixed(v), axis=0)),
    "matmul": _rows_times,
    "matmul_sparse": _rows_times,
    "matmul_transpose": _columns_times,
    "matmul_transpose_sparse": _columns_times,
    "col_clip": _clipped,
    "col_clip_sparse": _clipped,
    "mask_diag": _diagonal,
    "vec_mask_sparse a[i]==b[j]": lambda v: _masked(v, np.equal),
    "vec_mask_sparse a[i]<b[j]": lambda v: _masked(v, np.less),
    "interpolate": _interpolated,
    "interpolate_sparse": _interpolated,
    "mat_ema": _smoothed_scalar,
    "mat_ema_sparse": _smoothed_scalar,
    "mat_ema_alpha": lambda v: _smoothed(v, _every),
    "mat_ema_alpha_sparse": lambda v: _smoothed(v, _above_zero),
    "sigmoid_safe": lambda v: sigmoid(number(v["x"]), number(v["rho"]), number(v["kappa"])) / ONE,
    "alpha from bonds_moving_average": lambda v: bonds.scalar_alpha(v["bonds_moving_average"]),
}
