"""`assay why`: what a hotkey's score is made of; asked of a ledger, or by a miner of its validator."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import bittensor as bt
from pydantic import Field, ValidationError

from neurons.explaining import EXPLANATION_PATH, QUESTION, named_headers
from subnet.advice.explanation import Explanation
from subnet.advice.why import account, lines
from subnet.errors import ConditionError, SettingsError, SubnetError, TransportError
from subnet.protocol import Address, Hotkey
from subnet.settings import Settings, fail, setting
from subnet.transport.addresses import refusal
from subnet.transport.calling import Bounds, Calls
from subnet.transport.signing import check_fresh, claimed, sign, verified
from subnet.validator.context import last_context
from subnet.validator.ledger import related
from subnet.validator.store import Store

ABOUT = (
    "Say what a hotkey's score is made of: from a validator's folder, or asked of a validator by its miner."
)
ASK_SECONDS = 10.0
BOUNDS = Bounds(answer=256 * 1024, refusal=2048)


class WhySettings(Settings):
    """Settings of `assay why`."""

    hotkey: str = setting("", help="the hotkey to explain; with --state")
    state: Path | None = setting(None, help="the validator's folder, which holds validator.db")
    block: Annotated[int, Field(ge=0)] | None = setting(
        None, help="the block to score at; default: the newest in the ledger"
    )
    ask: str = setting("", help="HOST:PORT at which a validator explains (its --explain-port); for a miner")
    validator: str = setting("", help="the hotkey of the validator that is asked")
    wallet: str = setting(
        "default", "-w", "--wallet.name", env="BT_WALLET", help="the miner's wallet; with --ask"
    )
    wallet_hotkey: str = setting(
        "default", "-H", "--wallet.hotkey", env="BT_WALLET_HOTKEY", help="the miner's hotkey; with --ask"
    )
    wallet_path: Path = setting(
        Path("~/.bittensor/wallets"), "--wallet.path", env="BT_WALLET_PATH", help="folder that holds wallets"
    )
    as_json: bool = setting(False, "--json", help="one JSON document on standard output")


def main(argv: Sequence[str] | None = None) -> int:
    """Prints why a hotkey scores what it scores; 0, 2 wrong usage, 3 no ledger, nothing known, or no answer."""
    settings = WhySettings.read(argv, program="assay why", about=ABOUT)
    try:
        if settings.ask:
            print(asyncio.run(_asked(settings)))
            return 0
        return _read(settings)
    except SettingsError as problem:
        return fail(f"assay why: {problem}", 2)
    except SubnetError as problem:
        return fail(f"assay why: {problem}", 3)


def _read(settings: WhySettings) -> int:
    if settings.state is None or not settings.hotkey:
        raise SettingsError(
            "say whose score: --hotkey HOTKEY --state DIR, or --ask HOST:PORT --validator HOTKEY"
        )
    hotkey = Hotkey(settings.hotkey)
    with Store.reading(settings.state.expanduser() / "validator.db") as store:
        context = last_context(store)
        if context is None:
            raise ConditionError(f"{store.path} holds no round yet: nothing was scored")
        if settings.block is not None:
            context = replace(context, block=settings.block)
        told = account(hotkey, related(store, hotkey, context.members.get(hotkey)), context)
    print(json.dumps(asdict(told), indent=2) if settings.as_json else "\n".join(lines(told)))
    return 0 if told.score is not None else 3


async def _asked(settings: WhySettings) -> str:
    """What the validator tells, checked against its signature."""
    address = _address(settings.ask)
    wallet = bt.Wallet(
        name=settings.wallet, hotkey=settings.wallet_hotkey, path=str(settings.wallet_path.expanduser())
    )
    try:
        signer = wallet.get_hotkey()
    except (OSError, ValueError, bt.sp_core.KeyfileError) as problem:
        raise ConditionError(f"the hotkey cannot be read: {problem}") from None
    told = await explained(signer, Hotkey(settings.validator), address)
    return told.model_dump_json(indent=2) if settings.as_json else _shown(told)


async def explained(signer: Any, validator: Hotkey, address: Address) -> Explanation:
    """The validator's explanation for the signer's hotkey; TransportError when none came that is signed by it."""
    headers = sign(signer, QUESTION, validator, EXPLANATION_PATH)
    named = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    host = f"[{address.host}]" if ":" in address.host else address.host
    head = f"POST {EXPLANATION_PATH} HTTP/1.1\r\nHost: {host}:{address.port}\r\n"
    request = f"{head}Content-Length: {len(QUESTION)}\r\n{named}\r\n".encode() + QUESTION
    calls = Calls(BOUNDS)
    try:
        async with asyncio.timeout(ASK_SECONDS):
            fetched = await calls.exchange(address, request)
    except TimeoutError:
        raise TransportError(
            f"{address.host}:{address.port} did not answer within {ASK_SECONDS:g} s"
        ) from None
    finally:
        calls.close()
    if fetched.status != 200:
        raise TransportError(f"the validator refused with HTTP {fetched.status}: {fetched.body[:200]!r}")
    claim = claimed(named_headers(fetched.headers), Hotkey(signer.ss58_address))
    check_fresh(claim, time.time_ns())
    if verified(claim, fetched.body, Hotkey(signer.ss58_address), EXPLANATION_PATH) != validator:
        raise TransportError("the reply is signed by somebody else than the validator that was asked")
    try:
        return Explanation.model_validate_json(fetched.body)
    except ValidationError:
        raise TransportError("what the validator sent is signed, but it is no explanation") from None


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    host = host.strip("[]")
    if refusal(host, True) is not None or not (
        port.isascii() and port.isdecimal() and 0 < int(port) < 1 << 16
    ):
        raise SettingsError(f"--ask {text}: an IP address and a port are needed, as in 203.0.113.7:8092")
    return Address(host, int(port))


def _shown(told: Explanation) -> str:
    rows = [f"told by {told.validator} in epoch {told.epoch}, and signed", ""]
    if not told.epochs:
        return "\n".join([*rows, "no epoch has enough observations to be explained yet"])
    rows.append(f"{'epoch':>8} {'worth':>6} {'silent':>7}  reward parts")
    for row in told.epochs:
        parts = " ".join(f"{name} {value:.2f}" for name, value in row.parts.items()) or "-"
        rows.append(f"{row.epoch:>8} {row.worth:>6.2f} {row.silent:>7.0%}  {parts}")
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
