"""The numbers a check of the claimed model decides by, measured for one model in one way of running it.

They are made by `python -m subnet.inference.calibrate` and kept in a file; nothing in the code knows a threshold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
DtypeClass = Literal["float32", "bfloat16", "float16"]


class Frozen(BaseModel):
    """Base of what a calibration file holds: unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Clipped(Frozen):
    """Margins cut at `clip` logits, less `drift` a token; see `evidence` for what is made of it.

    A reply is rejected above `limit`, memory raises the alarm above `alarm`, both in logits.
    """

    kind: Literal["clipped"] = "clipped"
    clip: Positive
    drift: Positive
    limit: Positive
    alarm: Positive


class Ratio(Frozen):
    """How much likelier the choices are with logit errors of scale `other` than with the `honest` scale, both in
    logits; at most `cap` nats a token. `limit` and `alarm` are in nats.
    """

    kind: Literal["ratio"] = "ratio"
    honest: Positive
    other: Positive
    cap: Positive
    limit: Positive
    alarm: Positive


Test = Annotated[Clipped | Ratio, Field(discriminator="kind")]


class Detection(Frozen):
    """How well one dishonest candidate was found when the calibration was made.

    `per_reply` is the share of its replies of `reply_tokens` tokens that are rejected, `replies` the median number of
    replies until memory raises the alarm (None: not within the test), `auc` maps tokens to the area under the curve.
    """

    per_reply: Share
    replies: float | None
    auc: dict[int, Share]


class FingerprintLimit(Frozen):
    """By what fingerprints are judged: rejected when `fingerprint.farthest` exceeds `distance`.

    `count` is the number of directions; `false_reject` the share of honest replies that were rejected, with its 95 %
    interval; `detections` maps candidates to the share of their replies that were.
    """

    count: Annotated[int, Field(ge=1)]
    distance: Positive
    false_reject: Share
    false_reject_interval: tuple[Share, Share]
    detections: dict[str, Share] = {}


class Calibration(Frozen):
    """What one model, run in one class of number formats and sampled in one way, is judged by.

    `weights` is the digest of the reference's files. `border` (logits) is the softness of the candidates' border.
    A token is gross when its margin exceeds `gross_margin` (logits); `gross_tokens` of them in a reply reject it.
    Below `least_tokens` a reply that shows nothing is no evidence. `false_reject` is the measured share of honest
    replies of `reply_tokens` tokens that are rejected, with its 95 % interval; `false_alarm` the share of honest
    miners who see an alarm within `stream` such replies. `cost` is the share of the generation's time at batch 1 that
    the check took. `detections` says how well dishonest candidates were found.
    """

    model: str
    weights: str
    dtype: DtypeClass
    temperature: Annotated[float, Field(ge=0.0, le=2.0)]
    top_k: int | None
    border: Annotated[float, Field(ge=0.0)]
    reply_tokens: Annotated[int, Field(ge=1)]
    least_tokens: Annotated[int, Field(ge=1)]
    gross_margin: Positive
    gross_tokens: Annotated[int, Field(ge=2)]
    tests: Annotated[tuple[Test, ...], Field(min_length=1)]
    false_reject: Share
    false_reject_interval: tuple[Share, Share]
    false_alarm: Share
    stream: int
    cost: Positive | None = None
    detections: dict[str, Detection] = {}
    fingerprint: FingerprintLimit | None = None

    @property
    def key(self) -> Key:
        """What a calibration is for; a file holds one for each key."""
        return (self.model, self.dtype, self.temperature, self.top_k)


Key = tuple[str, str, float, int | None]


class Calibrations(Frozen):
    """A calibration file."""

    calibrations: tuple[Calibration, ...] = ()

    @classmethod
    def load(cls, path: Path) -> Calibrations:
        """The calibrations in a file; raises ValueError with one line when it is missing or makes no sense."""
        try:
            return cls.model_validate_json(path.read_text(encoding="utf-8"))
        except OSError as failure:
            raise ValueError(f"cannot read the calibration file {path}: {failure.strerror}") from failure
        except ValidationError as failure:
            first = failure.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise ValueError(f"the calibration file {path} is wrong at {where}: {first['msg']}") from failure

    def find(self, key: Key) -> Calibration | None:
        """The calibration for a model, dtype class, temperature and top-k; None when there is none."""
        return next((found for found in self.calibrations if found.key == key), None)

    def with_(self, new: Calibration) -> Calibrations:
        """These and a new one, which replaces the one of the same key."""
        others = tuple(found for found in self.calibrations if found.key != new.key)
        return Calibrations(calibrations=(*others, new))

    def save(self, path: Path) -> None:
        """Write the file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")


def weights_digest(folder: Path) -> str:
    """SHA-256 over the names and contents of a checkpoint's weight files and its tokenizer, in order of name.

    Raises ValueError when the folder holds no safetensors weights.
    """
    files = sorted([*folder.glob("*.safetensors"), *folder.glob("tokenizer.json")])
    if not any(file.suffix == ".safetensors" for file in files):
        raise ValueError(f"{folder} holds no *.safetensors weights")
    return hashlib.sha256(b"".join(_digests(files))).hexdigest()


def _digests(files: Sequence[Path]) -> list[bytes]:
    found = []
    for file in files:
        with file.open("rb") as stream:
            found += [file.name.encode() + b"\0", hashlib.file_digest(stream, "sha256").digest()]
    return found
