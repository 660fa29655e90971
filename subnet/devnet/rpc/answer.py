"""From a frame to its reply: JSON-RPC 2.0 with single requests and batches."""

from __future__ import annotations

import json
import logging
from inspect import Parameter, isawaitable, signature
from typing import Any

from subnet.devnet.dispatch import PoolError
from subnet.devnet.rpc import METHODS, Method
from subnet.devnet.rpc.session import Session
from subnet.devnet.rpc.values import INVALID_PARAMS, RpcError
from subnet.errors import ConditionError

log = logging.getLogger(__name__)

_PARSE_ERROR, _INVALID_REQUEST, _METHOD_NOT_FOUND, _INTERNAL_ERROR = -32700, -32600, -32601, -32603
_LONGEST_BATCH = 10_000


def _arity(method: Method) -> tuple[int, int]:
    parameters = list(signature(method).parameters.values())[1:]
    return sum(1 for parameter in parameters if parameter.default is Parameter.empty), len(parameters)


_ARITIES = {name: _arity(method) for name, method in METHODS.items()}


async def answer(session: Session, frame: str | bytes) -> str | None:
    """The reply to one frame; None when it asks for none."""
    try:
        request = json.loads(frame)
    except (ValueError, RecursionError):
        return json.dumps(_error(None, _PARSE_ERROR, "Parse error"))
    if isinstance(request, list):
        if not 0 < len(request) <= _LONGEST_BATCH:
            return json.dumps(_error(None, _INVALID_REQUEST, f"a batch holds 1 to {_LONGEST_BATCH} requests"))
        replies = [await _one(session, item) for item in request]
        return json.dumps([reply for reply in replies if reply is not None]) if any(replies) else None
    reply = await _one(session, request)
    return None if reply is None else json.dumps(reply)


async def _one(session: Session, request: Any) -> dict[str, Any] | None:
    if not isinstance(request, dict) or not isinstance(request.get("method"), str):
        return _error(None, _INVALID_REQUEST, "Invalid request")
    name, identity = request["method"], request.get("id")
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
        raise RpcError(INVALID_PARAMS, f"Invalid params: {name} takes a list of {least} to {most}")
    result = method(session, *values)
    return await result if isawaitable(result) else result


def _error(identity: Any, code: int, message: str, data: Any = None) -> dict[str, Any]:
    error = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    return {"jsonrpc": "2.0", "error": error, "id": identity}
