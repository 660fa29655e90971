"""Receipts: a miner's signature under what it was asked and what it returned.

A receipt names the digest of the caller's signed request (so it belongs to one request of one caller), the
digest of the reply's bytes, the model that the miner claims to have run, and the block at which it answered.
On the wire it is one header; the rest of it follows from the request and the reply, which both sides have.
Kept in a file, with what it speaks of as evidence, anybody can check it later.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Annotated, Literal

from bittensor.sp_core import verify as signature_holds
from bittensor.wallets import CRYPTO_TYPE_NAMES, parse_crypto_type
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from subnet.errors import TransportError
from subnet.protocol import MAX_ANSWER_BYTES, MAX_QUERY_BYTES, Answer, Hotkey, Name
from subnet.transport.signing import Signer

VERSION: Literal["assay-receipt/1"] = "assay-receipt/1"
HEADER = "X-Assay-Receipt"
ON_THE_WIRE = re.compile(rb"1 (sr25519|ed25519) (0|[1-9][0-9]{0,14}) 0x([0-9a-f]{128})")

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class NotAReceipt(TransportError):
    """A receipt is absent, has another shape, or does not hold."""


class Receipt(BaseModel):
    """What a miner has signed. `request` is the SHA-256 of the signed payload of the request, `reply` that of
    the reply's body; `block` is the chain's height by the miner's reckoning when it answered.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, cache_strings="keys")

    version: Literal["assay-receipt/1"] = VERSION
    request: Digest
    reply: Digest
    model: Name
    block: Annotated[int, Field(ge=0, lt=10**15)]
    hotkey: Annotated[str, StringConstraints(min_length=46, max_length=49)]
    scheme: Literal["sr25519", "ed25519"] = "sr25519"
    signature: Annotated[str, StringConstraints(pattern=r"^0x[0-9a-f]{128}$")]

    def check(self) -> None:
        """Raises NotAReceipt unless the hotkey has signed exactly this."""
        payload = statement(self.scheme, self.request, self.reply, self.model, self.block, self.hotkey)
        try:
            holds = signature_holds(
                payload, bytes.fromhex(self.signature[2:]), self.hotkey, parse_crypto_type(self.scheme)
            )
        except ValueError:
            raise NotAReceipt("the hotkey is no address") from None
        if not holds:
            raise NotAReceipt("the signature does not hold")


class Kept(BaseModel):
    """A receipt as a file: with what it speaks of, as far as its owner keeps or shows it.

    `asked` is the payload that the caller signed, `query` and `answer` are the bodies of request and reply.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, cache_strings="keys")

    receipt: Receipt
    asked: Annotated[str, StringConstraints(max_length=2048)] | None = None
    query: Annotated[str, StringConstraints(max_length=MAX_QUERY_BYTES)] | None = None
    answer: Annotated[str, StringConstraints(max_length=MAX_ANSWER_BYTES)] | None = None

    @classmethod
    def read(cls, raw: bytes) -> Kept:
        """A file's content. Raises NotAReceipt."""
        try:
            return cls.model_validate_json(raw)
        except ValidationError as failure:
            first = failure.errors(include_url=False, include_context=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise NotAReceipt(f"no receipt file: {where or 'content'}: {first['type']}") from None

    def check(self) -> None:
        """Raises NotAReceipt unless the signature holds and all evidence in the file is what was signed."""
        self.receipt.check()
        if self.answer is not None:
            if _digest(self.answer.encode()) != self.receipt.reply:
                raise NotAReceipt("the answer in the file is not the one that was signed")
            if _claimed_model(self.answer) != self.receipt.model:
                raise NotAReceipt("the answer in the file claims another model")
        if self.asked is not None and _digest(self.asked.encode()) != self.receipt.request:
            raise NotAReceipt("the request in the file is not the one that was signed")
        if self.query is not None and _digest(self.query.encode()) not in (self.asked or "").split("\n"):
            raise NotAReceipt("the query in the file is not the one that was asked")


def issue(signer: Signer, payload: bytes, body: bytes, model: str, block: int) -> tuple[str, str]:
    """Name and value of the header under which a reply with `body` proves that it answers `payload`'s request."""
    scheme = CRYPTO_TYPE_NAMES[signer.crypto_type]
    said = statement(scheme, _digest(payload), _digest(body), model, block, signer.ss58_address)
    return HEADER, f"1 {scheme} {block} 0x{bytes(signer.sign(said)).hex()}"


def received(value: bytes | None, payload: bytes, body: bytes, model: str, hotkey: Hotkey) -> Receipt:
    """The receipt that came with a reply, checked. Raises NotAReceipt when it is none for this exchange."""
    found = ON_THE_WIRE.fullmatch(value or b"")
    if found is None:
        raise NotAReceipt("the reply has no receipt" if value is None else "the receipt has another shape")
    scheme, block, signature = (part.decode() for part in found.groups())
    receipt = Receipt.model_construct(
        request=_digest(payload),
        reply=_digest(body),
        model=model,
        block=int(block),
        hotkey=hotkey,
        scheme=scheme,
        signature="0x" + signature,
    )
    receipt.check()
    return receipt


def statement(scheme: str, request: str, reply: str, model: str, block: int, hotkey: str) -> bytes:
    """The bytes that a miner signs: one line each, the model as a JSON string so that it has one line, too."""
    return "\n".join((VERSION, scheme, request, reply, json.dumps(model), str(block), hotkey)).encode()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _claimed_model(answer: str) -> str | None:
    try:
        return Answer.model_validate_json(answer).model
    except ValidationError:
        return None
