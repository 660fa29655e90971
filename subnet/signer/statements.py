"""The texts a neuron signs: requests to miners and receipts, always in its own name.

Both begin with the name of their form, which is no pallet of the chain: no text is a call as well.
"""

from __future__ import annotations

import re

from bittensor import http_auth

from subnet.signer.calls import Forbidden
from subnet.transport import receipts

MOST_BYTES = 2048
SCHEME = r"(sr25519|ed25519)"
DIGEST = r"[0-9a-f]{64}"
HOTKEY = r"(?P<hotkey>[1-9A-HJ-NP-Za-km-z]{46,49})"
REQUEST = re.compile(
    rf"{re.escape(http_auth.PROTOCOL)}\n{SCHEME}\nPOST\n/assay/[\w./-]{{1,64}}\n{DIGEST}\n[0-9]{{1,20}}\n{HOTKEY}"
    r"\n[1-9A-HJ-NP-Za-km-z]{46,49}",
    re.ASCII,
)
RECEIPT = re.compile(
    rf'{re.escape(receipts.VERSION)}\n{SCHEME}\n{DIGEST}\n{DIGEST}\n"[ -~]{{0,512}}"\n[0-9]{{1,15}}\n{HOTKEY}',
    re.ASCII,
)


def check_statement(payload: bytes, hotkey: str) -> None:
    """Raises Forbidden unless the bytes are a request bound to a receiver, or a receipt, of this very hotkey."""
    if len(payload) > MOST_BYTES or not payload.isascii():
        raise Forbidden("neither a request nor a receipt")
    text = payload.decode()
    found = REQUEST.fullmatch(text) or RECEIPT.fullmatch(text)
    if found is None:
        raise Forbidden("neither a request nor a receipt")
    if found["hotkey"] != hotkey:
        raise Forbidden("a statement in the name of another hotkey")
