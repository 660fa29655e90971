"""`assay why`: what a hotkey's score is made of; asked of a ledger, or by a miner of its validator."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import bittensor as bt
from bittensor import http_auth
from pydantic import Field, StringConstraints, ValidationError

from neurons.explaining import EXPLANATION_PATH, QUESTION, named_headers
from subnet.advice.explanation import Explanation
from subnet.advice.why import account, lines
from subnet.errors import ConditionError, SettingsError, SubnetError, TransportError
from subnet.protocol import Address, Hotkey, Name, Wire
from subnet.settings import Settings, fail, setting
from subnet.transport.addresses import refusal
from subnet.transport.calling import Bounds, Calls, Fetched, Lost
from subnet.transport.signing import NONCE_HEADER, Nonces, check_fresh, claimed, sign
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
    save: Path | None = setting(None, help="keep the signed explanation in this file; with --ask")
    check: Path | None = setting(None, help="check a kept explanation's signature, offline, and print it")
    as_json: bool = setting(False, "--json", help="one JSON document on standard output")


def main(argv: Sequence[str] | None = None) -> int:
    """Prints why a hotkey scores what it scores; 0, 2 wrong usage, 3 no ledger, nothing known, or no answer."""
    settings = WhySettings.read(argv, program="assay why", about=ABOUT)
    try:
        if settings.ask or settings.check:
            kept = _opened(settings.check) if settings.check else asyncio.run(_asked(settings))
            told = kept.checked()
            print(told.model_dump_json(indent=2) if settings.as_json else _shown(told))
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


class Kept(Wire):
    """An explanation as it came: the bytes that were signed, and the signature's headers."""

    body: Annotated[str, StringConstraints(max_length=BOUNDS.answer)]
    headers: Annotated[dict[Name, Name], Field(max_length=16)]

    def checked(self) -> Explanation:
        """The explanation, if the validator that it names has signed it for the miner that it names; whenever."""
        try:
            told = Explanation.model_validate_json(self.body)
            signed_at = int(self.headers[NONCE_HEADER])
            caller = http_auth.verify(
                self.headers,
                self.body.encode(),
                method="POST",
                path=EXPLANATION_PATH,
                self_hotkey_ss58=told.hotkey,
                now_ns=signed_at,
                nonce_store=Nonces(since_ns=0),  # it may be checked as often as one likes
            )
        except (ValidationError, KeyError, ValueError):
            raise TransportError("this is no explanation of a validator") from None
        except http_auth.AuthError as problem:
            raise TransportError(f"the signature does not hold: {problem}") from None
        if caller.hotkey_ss58 != told.validator:
            raise TransportError("it is signed by somebody else than the validator that it names")
        return told


async def _asked(settings: WhySettings) -> Kept:
    """What the validator tells, kept in a file if that is wanted."""
    address = _address(settings.ask)
    wallet = bt.Wallet(
        name=settings.wallet, hotkey=settings.wallet_hotkey, path=str(settings.wallet_path.expanduser())
    )
    try:
        signer = wallet.get_hotkey()
    except (OSError, ValueError, bt.sp_core.KeyfileError) as problem:
        raise ConditionError(f"the hotkey cannot be read: {problem}") from None
    kept = await explained(signer, Hotkey(settings.validator), address)
    if settings.save is not None:
        try:
            settings.save.write_text(kept.model_dump_json())
        except OSError as problem:
            raise ConditionError(f"cannot write {settings.save}: {problem.strerror}") from problem
    return kept


def _opened(path: Path) -> Kept:
    try:
        return Kept.model_validate_json(path.read_bytes())
    except OSError as problem:
        raise ConditionError(f"cannot read {path}: {problem.strerror}") from problem
    except ValidationError:
        raise ConditionError(f"{path} holds no kept explanation") from None


async def explained(signer: Any, validator: Hotkey, address: Address) -> Kept:
    """The validator's explanation for the signer's hotkey; TransportError when none came that is signed by it."""
    me = Hotkey(signer.ss58_address)
    headers = sign(signer, QUESTION, validator, EXPLANATION_PATH)
    try:
        fetched = await _fetched(address, headers)
    except Lost as lost:
        raise TransportError(
            f"no answer from {address.host}:{address.port} ({lost}): does the validator run with --explain-port?"
        ) from None
    if fetched.status != 200:
        raise TransportError(f"the validator refused with HTTP {fetched.status}: {fetched.body[:200]!r}")
    named = named_headers(fetched.headers)
    check_fresh(claimed(named, me), time.time_ns())
    try:
        kept = Kept(body=fetched.body.decode(), headers=named)
    except ValueError:
        raise TransportError("this is no explanation of a validator") from None
    told = kept.checked()
    if (told.hotkey, told.validator) != (me, validator):
        raise TransportError("it is another validator's, or about another hotkey")
    return kept


async def _fetched(address: Address, headers: Mapping[str, str]) -> Fetched:
    named = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    host = f"[{address.host}]" if ":" in address.host else address.host
    head = f"POST {EXPLANATION_PATH} HTTP/1.1\r\nHost: {host}:{address.port}\r\n"
    request = f"{head}Content-Length: {len(QUESTION)}\r\n{named}\r\n".encode() + QUESTION
    calls = Calls(BOUNDS)
    try:
        async with asyncio.timeout(ASK_SECONDS):
            return await calls.exchange(address, request)
    except TimeoutError:
        raise TransportError(
            f"{address.host}:{address.port} did not answer within {ASK_SECONDS:g} s"
        ) from None
    finally:
        calls.close()


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
