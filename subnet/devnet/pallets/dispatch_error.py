"""`sp_runtime::DispatchError` as clients decode it: the shape of every failure in an event."""

from subnet.devnet.scale import U8, Array, Enum, Struct, Tuple


def _units(path: str, *names: str) -> Enum:
    return Enum(path, [(index, name, []) for index, name in enumerate(names)])


ModuleErrorType = Struct("sp_runtime::ModuleError", [("index", U8), ("error", Array(U8, 4))])
TokenErrorType = _units(
    "sp_runtime::TokenError",
    "FundsUnavailable",
    "OnlyProvider",
    "BelowMinimum",
    "CannotCreate",
    "UnknownAsset",
    "Frozen",
    "Unsupported",
    "CannotCreateHold",
    "NotExpendable",
    "Blocked",
)
ArithmeticErrorType = _units("sp_arithmetic::ArithmeticError", "Underflow", "Overflow", "DivisionByZero")
TransactionalErrorType = _units("sp_runtime::TransactionalError", "LimitReached", "NoLayer")
TrieErrorType = _units(
    "sp_runtime::proving_trie::TrieError",
    "InvalidStateRoot",
    "IncompleteDatabase",
    "ValueAtIncompleteKey",
    "DecoderError",
    "InvalidHash",
    "DuplicateKey",
    "ExtraneousNode",
    "ExtraneousValue",
    "ExtraneousHashReference",
    "InvalidChildReference",
    "ValueMismatch",
    "IncompleteProof",
    "RootMismatch",
    "DecodeError",
)
DispatchErrorType = Enum(
    "sp_runtime::DispatchError",
    [
        (0, "Other", []),
        (1, "CannotLookup", []),
        (2, "BadOrigin", []),
        (3, "Module", [(None, ModuleErrorType)]),
        (4, "ConsumerRemaining", []),
        (5, "NoProviders", []),
        (6, "TooManyConsumers", []),
        (7, "Token", [(None, TokenErrorType)]),
        (8, "Arithmetic", [(None, ArithmeticErrorType)]),
        (9, "Transactional", [(None, TransactionalErrorType)]),
        (10, "Exhausted", []),
        (11, "Corruption", []),
        (12, "Unavailable", []),
        (13, "RootNotAllowed", []),
        (14, "Trie", [(None, TrieErrorType)]),
    ],
)
DispatchResultType = Enum("Result", [(0, "Ok", [(None, Tuple())]), (1, "Err", [(None, DispatchErrorType)])])
