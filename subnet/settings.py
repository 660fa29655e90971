"""The settings of each process: declared once, read once, frozen.

A field of a settings class carries its default, flags, environment variable and help; the command line, the
environment, the settings file and `--help` all derive from it. Precedence: flag > environment > file
(`--config FILE.toml`) > default. Wrong settings end the process with one line and exit code 2.
"""

from __future__ import annotations

import argparse
import os
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

Port = Annotated[int, Field(ge=1, le=65535)]


class OneLineParser(argparse.ArgumentParser):
    """A parser that answers wrong usage with one line, not with the whole usage text."""

    def error(self, message: str) -> NoReturn:
        """Ends the process with exit code 2."""
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def setting(default: Any, *flags: str, env: str = "", help: str = "") -> Any:
    """A settings field; `flags` are those beyond `--field-name`, old spellings included."""
    extra: dict[str, Any] = {"flags": list(flags), "env": env}
    return Field(default, description=help, json_schema_extra=extra, validate_default=True)


class Settings(BaseModel):
    """Base of a process's settings: frozen values, no connections, no unknown names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def read(cls, argv: Sequence[str] | None = None, *, program: str, about: str) -> Self:
        """Settings from `argv` (default: the process's), environment and file; exits with 2 if one is wrong."""
        parser = cls.parser(program, about)
        flags = {name: value for name, value in vars(parser.parse_args(argv)).items() if value is not None}
        config = flags.pop("config", None)
        try:
            written = tomllib.loads(Path(config).read_text()) if config else {}
        except (OSError, tomllib.TOMLDecodeError) as problem:
            parser.error(f"cannot read the settings file {config}: {problem}")
        from_file = {name.replace("-", "_"): value for name, value in written.items()}
        try:
            return cls.model_validate({**from_file, **cls._environment(), **flags})
        except ValidationError as problem:
            parser.error("; ".join(_explained(cls, error) for error in problem.errors()))

    @classmethod
    def parser(cls, program: str, about: str) -> argparse.ArgumentParser:
        """The command line that the fields declare; absent flags parse to None."""
        parser = OneLineParser(prog=program, description=about, allow_abbrev=False)
        parser.add_argument("--config", metavar="FILE", help="a TOML file of settings, named as the flags")
        for name, field in cls.model_fields.items():
            _add_flag(parser, name, field)
        return parser

    @classmethod
    def _environment(cls) -> dict[str, str]:
        named = {name: _extra(field)["env"] for name, field in cls.model_fields.items()}
        return {name: os.environ[env] for name, env in named.items() if env and env in os.environ}


def _extra(field: FieldInfo) -> dict[str, Any]:
    extra = field.json_schema_extra
    return extra if isinstance(extra, dict) else {"flags": [], "env": ""}


def _add_flag(parser: argparse.ArgumentParser, name: str, field: FieldInfo) -> None:
    extra = _extra(field)
    flags = [*(f for f in extra["flags"] if not f.startswith("--")), "--" + name.replace("_", "-")]
    flags += [f for f in extra["flags"] if f.startswith("--")]
    default = "" if field.default in (None, "", False) else f" (default: {field.default})"
    env = f" [env: {extra['env']}]" if extra["env"] else ""
    text = ((field.description or "") + default + env).replace("%", "%%")
    if field.annotation is bool:
        parser.add_argument(*flags, dest=name, action="store_const", const=True, help=text)
    else:
        parser.add_argument(*flags, dest=name, metavar=name.upper(), help=text)


def _explained(cls: type[Settings], error: Any) -> str:
    name = str(error["loc"][0]) if error["loc"] else "settings"
    shown = f"--{name.replace('_', '-')}" if name in cls.model_fields else f"unknown setting {name!r}"
    given = error.get("input")
    if given is None:
        return f"{shown} is required"
    return f"{shown}: {error['msg'].lower()}" + (
        f" (given: {given!r})" if isinstance(given, str | int) else ""
    )


class NeuronSettings(Settings):
    """What every neuron needs: which chain, which subnet, which keys."""

    network: str = setting(
        "finney",
        "-n",
        "--subtensor.network",
        "--subtensor.chain_endpoint",
        env="BT_NETWORK",
        help="finney, test, local, or a ws:// endpoint",
    )
    netuid: Annotated[int, Field(ge=1, lt=4096)] = setting(None, help="the subnet's number; required")
    wallet: str = setting("default", "-w", "--wallet.name", env="BT_WALLET", help="name of the wallet")
    wallet_hotkey: str = setting(
        "default", "-H", "--wallet.hotkey", env="BT_WALLET_HOTKEY", help="name of the hotkey in the wallet"
    )
    wallet_path: Path = setting(
        Path("~/.bittensor/wallets"), "--wallet.path", env="BT_WALLET_PATH", help="folder that holds wallets"
    )
    verbose: bool = setting(
        False, "-v", "--logging.debug", "--logging.trace", help="log more (never keys, never prompts)"
    )
    chain_seconds: Annotated[float, Field(gt=0)] = setting(
        60.0, env="ASSAY_CHAIN_SECONDS", help="deadline of one chain call, in seconds"
    )


class KeptSettings(NeuronSettings):
    """Settings of a neuron whose hotkey another process may keep."""

    signer: Path | None = setting(
        None, env="ASSAY_SIGNER", help="socket of `assay signer`, in place of a hotkey in a wallet"
    )


class MinerSettings(KeptSettings):
    """Settings of `neurons/miner.py`."""

    backend: Literal["transformers", "openai", "echo", "silent", "garbage"] = setting(
        "transformers", help="where answers come from: transformers, openai or echo"
    )
    model: str = setting(
        "", "--model.name", env="ASSAY_MODEL", help="hub id or folder (transformers), or a name (openai)"
    )
    url: str = setting("", env="ASSAY_OPENAI_URL", help="base URL of an OpenAI-compatible server")
    host: str = setting("0.0.0.0", "--axon.ip", help="IP address to listen on")
    port: Port = setting(8091, "--axon.port", help="TCP port to listen on")
    external_ip: str = setting("", "--axon.external_ip", help="IP address to publish on the chain")
    external_port: Port | None = setting(None, "--axon.external_port", help="port to publish; default --port")
    min_stake: Annotated[float, Field(ge=0)] = setting(
        0.0, env="ASSAY_MIN_STAKE", help="least stake weight, in TAO, of a caller that is served"
    )
    earner_stake: Annotated[float, Field(ge=0)] = setting(
        1000.0, help="a caller that earns incentive itself is served only above this stake weight, in TAO"
    )
    serve_owner: bool = setting(False, help="serve the subnet owner's hotkey without permit or stake, too")
    concurrency: Annotated[int, Field(ge=1, le=4096)] = setting(64, help="queries answered at once, at most")
    queue: Annotated[int, Field(ge=0, le=4096)] = setting(64, help="queries that wait for a place, at most")
    quota: Annotated[float, Field(ge=0)] = setting(
        0.0, help="queries per minute for all callers, each by its share of stake; 0: no limit"
    )
    workers: Annotated[int, Field(ge=1, le=64)] = setting(
        1, help="processes that take callers and check signatures; the first one answers for all"
    )
    threads: Annotated[int, Field(ge=1, le=256)] = setting(1, help="CPU threads of the transformers backend")
    batch: Annotated[int, Field(ge=1, le=4096)] = setting(
        32, help="queries that the transformers backend generates for together, at most"
    )
    context: Annotated[int, Field(ge=16, le=1 << 20)] = setting(
        4096, help="tokens of prompt and answer together that the transformers backend takes, at most"
    )
    engine: Literal["auto", "paged", "steps"] = setting(
        "auto", help="how the transformers backend batches: paged (GPUs), steps (CPUs), or auto"
    )
    tls: bool = setting(
        False, help="listen over TLS, with a key of its own that the chain shows to validators"
    )
    tls_key: Path | None = setting(
        None, help="file of the TLS key, made when there is none; default ~/.assay/tls/HOTKEY.pem"
    )


class ValidatorSettings(KeptSettings):
    """Settings of `neurons/validator.py`."""

    chain_seconds: Annotated[float, Field(gt=0)] = setting(
        12.0, env="ASSAY_CHAIN_SECONDS", help="deadline of one chain call, in seconds"
    )
    fallback: str = setting(
        "",
        env="ASSAY_FALLBACK",
        help="other ws:// endpoints of the same chain, separated by commas; default: those the SDK knows",
    )
    mechid: Annotated[int, Field(ge=0, lt=256)] = setting(0, help="the subnet's mechanism to set weights for")
    version_key: Annotated[int, Field(ge=0, lt=1 << 64)] = setting(
        0, help="version key to send with weights; the subnet's owner says which"
    )
    tasks: str = setting(
        "demo",
        help="kinds of tasks and their weights, such as reasoning=3,text/extract@2=1; see docs/tasks.md",
    )
    sampling: str = setting(
        "",
        help="have miners sample at TEMPERATURE[:CANDIDATES] with a seed of yours: for the claimed-model check",
    )
    reference_model: str = setting(
        "",
        env="ASSAY_REFERENCE_MODEL",
        help="own model for --tasks chat: a hub id, a folder, or a name with a URL",
    )
    reference_url: str = setting(
        "",
        env="ASSAY_REFERENCE_URL",
        help="base URL of the OpenAI-compatible server that has --reference-model",
    )
    reference_seconds: Annotated[float, Field(gt=0)] = setting(
        30.0, help="seconds that --reference-model may take for the questions of a round"
    )
    unpledged: bool = setting(
        False, help="publish neither the hashes of task secrets nor past secrets: nobody can audit the tasks"
    )
    rubric: str = setting("", help="own rubric as FILE.py:NAME; default: Assay's")
    sample_size: Annotated[int, Field(ge=1, le=4096)] = setting(16, help="miners asked per round, at most")
    round_seconds: Annotated[float, Field(gt=0)] = setting(
        12.0, help="seconds from round start to round start"
    )
    query_seconds: Annotated[float, Field(gt=0, le=600)] = setting(10.0, help="deadline of one query")
    tasks_per_round: Annotated[int, Field(ge=1, le=64)] = setting(1, help="tasks each sampled miner gets")
    burn_share: Annotated[float, Field(ge=0, le=1)] = setting(
        0.0, help="share of the weights given to the owner's hotkey, which burns it"
    )
    split_copies: bool = setting(
        False, help="seats that answer alike over many tasks share one pay; the rest of it is burnt"
    )
    shape: str = setting(
        "linear", help="how scores become weights: linear, softmax:TEMPERATURE, or top:COUNT"
    )
    judge_seconds: Annotated[float, Field(gt=0)] = setting(
        45.0, help="end the process when judging a round takes longer"
    )
    state: Path | None = setting(
        None, help="folder of ledger, journal and task secret; default ~/.assay/NETWORK/NETUID/HOTKEY"
    )
    status: Path | None = setting(None, help="append rounds and weights to this file as JSON lines")
    record: Path | None = setting(None, help="keep every round, answers included, in this folder for replay")
    state_mb: Annotated[int, Field(ge=1)] = setting(
        256, help="size in MB up to which the ledger keeps what no score needs"
    )
    stale_seconds: Annotated[float, Field(gt=0)] = setting(
        45.0, help="end the process when no block arrived, or no chain call was answered, for so long"
    )
    metrics_port: Port | None = setting(None, help="serve metrics for Prometheus at this port of 127.0.0.1")
    explain_host: str = setting("0.0.0.0", help="IP address for --explain-port")
    explain_port: Port | None = setting(
        None, help="explain to each miner its own score, one epoch late, when it asks at this port"
    )
    allow_private: bool = setting(False, help="also ask miners at loopback and private addresses")
    wandb: bool = setting(False, help="send rounds and epochs to Weights & Biases")
    wandb_project: str = setting("assay", env="WANDB_PROJECT", help="project of --wandb")


class DoctorSettings(NeuronSettings):
    """Settings of `assay doctor`."""

    port: Port = setting(8091, "--axon.port", help="the miner's TCP port on this machine")
    version_key: Annotated[int, Field(ge=0, lt=1 << 64)] = setting(
        0, help="the version key that your validator sends with its weights"
    )
    mechid: Annotated[int, Field(ge=0, lt=256)] = setting(0, help="the mechanism that it sets weights for")
    min_compute: Path | None = setting(
        None, help="what the machine is held against; default: Assay's min_compute.yml"
    )
    time_server: str = setting(
        "pool.ntp.org",
        env="ASSAY_TIME_SERVER",
        help="an NTP server, as HOST or HOST:PORT, that tells the clock's error; '' asks nobody",
    )
    as_json: bool = setting(False, "--json", help="one JSON document on standard output")


def fail(message: str, code: int) -> int:
    """Prints the one line that a user reads when a command cannot go on; returns the exit code."""
    sys.stderr.write(message.rstrip() + "\n")
    return code
