"""From a frame to its reply: JSON-RPC 2.0 with single requests and batches."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from inspect import Parameter, isawaitable, signature
from typing import Any

from subnet.devnet.dispatch import PoolError
from subnet.devnet.rpc import METHODS, Method
from subnet.devnet.rpc.session import Session
from subnet.devnet.rpc.values import RpcError, bad
from subnet.errors import ConditionError

log = logging.getLogger(__name__)

_PARSE_ERROR, _INVALID_REQUEST, _METHOD_NOT_FOUND, _INTERNAL_ERROR = -32700, -32600, -32601, -32603
# As the JSON-RPC server of Substrate's nodes numbers them
_REQUEST_TOO_BIG, _REPLY_TOO_BIG, _BATCH_TOO_BIG = -32007, -32008, -32011
LARGEST_FRAME = 16 * 1024 * 1024  # bytes either way; a full block as hexadecimal text would be 15 MiB
_LONGEST_BATCH = 10_000
_TURN = 0.05  # seconds of a batch after which others are served


def _arity(method: Method) -> tuple[int, int]:
    parameters = list(signature(method).parameters.values())[1:]
    return sum(1 for parameter in parameters if parameter.default is Parameter.empty), len(parameters)


_ARITIES = {name: _arity(method) for name, method in METHODS.items()}


async def answer(session: Session, frame: str | bytes) -> str | None:
    """The reply to one frame; None when it asks for none."""
    if len(frame) > LARGEST_FRAME:
        return _too_big(_REQUEST_TOO_BIG, "Request is too big")
    try:
        request = json.loads(frame, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return json.dumps(_error(None, _PARSE_ERROR, "Parse error"))
    if isinstance(request, list):
        return await _batch(session, request)
    return await _one(session, request)


async def _batch(session: Session, requests: list[Any]) -> str | None:
    """The replies to several requests; a long batch lets others be served in between."""
    if not 0 < len(requests) <= _LONGEST_BATCH:
        return json.dumps(_error(None, _INVALID_REQUEST, f"a batch holds 1 to {_LONGEST_BATCH} requests"))
    replies: list[str] = []
    size, turn = 0, time.monotonic() + _TURN
    for request in requests:
        reply = await _one(session, request)
        if reply is not None:
            replies.append(reply)
            size += len(reply)
        if size > LARGEST_FRAME:
            return _too_big(_BATCH_TOO_BIG, "The batch response was too large")
        if time.monotonic() > turn:
            await asyncio.sleep(0)
            turn = time.monotonic() + _TURN
    return f"[{','.join(replies)}]" if replies else None


async def _one(session: Session, request: Any) -> str | None:
    reply = await _reply(session, request)
    if reply is None:
        return None
    text = json.dumps(reply)
    return (
        text if len(text) <= LARGEST_FRAME else _too_big(_REPLY_TOO_BIG, "Response is too big", reply["id"])
    )


async def _reply(session: Session, request: Any) -> dict[str, Any] | None:
    identity = request.get("id") if isinstance(request, dict) else None
    if isinstance(identity, (bool, float, list, dict)):
        return _error(None, _INVALID_REQUEST, "Invalid request")
    if not isinstance(request, dict) or not isinstance(request.get("method"), str):
        return _error(identity, _INVALID_REQUEST, "Invalid request")
    name = request["method"]
    try:
        result = await _call(session, name, request.get("params"))
    except RpcError as error:
        reply = _error(identity, error.code, error.message, error.data)
    except PoolError as error:
        reply = _error(identity, error.code, error.message, error.data)
    except ConditionError as error:  # the chain's file has no room: nothing may happen that it does not keep
        session.producer.end(error)
        reply = _error(identity, _INTERNAL_ERROR, str(error))
    except Exception as error:
        log.error("%s failed unexpectedly", name[:100], exc_info=error)
        reply = _error(identity, _INTERNAL_ERROR, f"Internal error: {type(error).__name__}: {error}")
    else:
        reply = {"jsonrpc": "2.0", "result": result, "id": identity}
    return reply if "id" in request else None


async def _call(session: Session, name: str, params: Any) -> Any:
    method = METHODS.get(name)
    if method is None:
        raise RpcError(_METHOD_NOT_FOUND, "Method not found")
    values = [] if params is None else params
    least, most = _ARITIES[name]
    if not isinstance(values, list) or not least <= len(values) <= most:
        raise bad(f"{name} takes a list of {least} to {most}")
    result = method(session, *values)
    return await result if isawaitable(result) else result


def _error(identity: Any, code: int, message: str, data: Any = None) -> dict[str, Any]:
    error = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    return {"jsonrpc": "2.0", "error": error, "id": identity}


def _too_big(code: int, message: str, identity: Any = None) -> str:
    return json.dumps(_error(identity, code, message, f"Exceeded max limit of {LARGEST_FRAME}"))


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
