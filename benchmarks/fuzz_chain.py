"""Feeds a million changed inputs to the embedded chain's frames, extrinsics and SCALE types.

    python benchmarks/fuzz_chain.py --inputs 1000000 [--target frames|extrinsics|scale|all] [--json]
    python benchmarks/fuzz_chain.py --replay crashes/frames-0123456789abcdef

With atheris installed (`pip install -e .[fuzz]`) inputs are chosen by the code that they reach, otherwise by
chance. An input that breaks something is written into the folder of crashes; `--replay` shows what it does.
Prints one document {benchmark, figures, targets, missed}; exits with 3 when a target is missed.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import logging
import os
import pkgutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from report import document, exit_code

import subnet.yuma

NAMES = ("frames", "extrinsics", "scale")
MOST = {"crashes": 0, "slowest_input_ms": 250, "memory_growth_mib": 16}
_LIMIT = 1.0  # seconds of CPU time for one input
_SHARES = {
    "frames": 0.45,
    "extrinsics": 0.2,
    "scale": 0.35,
}  # an extrinsic costs blocks, the others microseconds


def main() -> int:
    """Runs what the command line says and returns the exit code."""
    options = _options()
    if options.replay is not None:
        return _replay(options.replay)
    if options.worker is not None:
        _work(options)
        return 0
    names = NAMES if options.target == "all" else (options.target,)
    shares = {name: round(options.inputs * _SHARES[name]) for name in names} if len(names) > 1 else {}
    results = {name: _run(name, shares.get(name, options.inputs), options) for name in names}
    found = _document(results, options.engine)
    print(json.dumps(found, indent=None if options.json else 2))
    return exit_code(found)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--inputs", type=int, default=1_000_000, help="how many in all")
    parser.add_argument("--target", choices=(*NAMES, "all"), default="all")
    parser.add_argument("--engine", choices=("guided", "blind"), help="by default guided if atheris is there")
    parser.add_argument("--seed", type=int, default=1, help="of the random choices")
    parser.add_argument("--crashes", type=Path, default=Path("crashes"), help="where bad inputs are written")
    parser.add_argument("--json", action="store_true", help="the document in one line")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="show what an input does")
    parser.add_argument("--worker", nargs=2, metavar=("TARGET", "REPORT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.engine is None:
        options.engine = "guided" if importlib.util.find_spec("atheris") else "blind"
    return options


def _run(name: str, inputs: int, options: argparse.Namespace) -> dict[str, Any]:
    """One target in a process of its own: libFuzzer never gives its process back, and memory is counted."""
    with tempfile.TemporaryDirectory(prefix="fuzz-chain-") as folder:
        report = Path(folder) / "report.json"
        arguments = {
            "inputs": inputs,
            "engine": options.engine,
            "seed": options.seed,
            "crashes": options.crashes,
        }
        flags = [part for key, value in arguments.items() for part in (f"--{key}", str(value))]
        command = [sys.executable, __file__, "--worker", name, str(report), *flags]
        print(f"{name}: {inputs} inputs, {options.engine}", file=sys.stderr)
        code = subprocess.run(command, stdout=sys.stderr, check=False, env=_environment(folder)).returncode
        if not report.exists():  # the interpreter itself died, which is the worst crash of all
            return {"inputs": 0, "crash": name, "error": f"the process ended with {code} and no report"}
        found: dict[str, Any] = json.loads(report.read_text())
    return found


def _environment(folder: str) -> dict[str, str]:
    return {**os.environ, "TMPDIR": folder}


def _work(options: argparse.Namespace) -> None:
    """The child process: one target, and its findings in a file."""
    import fuzz_engine

    name, report = options.worker
    logging.disable(logging.CRITICAL)  # what the chain logs of bad inputs would be gigabytes
    target = _target(name, instrumented=options.engine == "guided")
    gc.collect()
    gc.freeze()  # the chain stays: looking through it again and again takes longer than the inputs
    judge = fuzz_engine.Judge(target, options.inputs, _LIMIT, options.crashes)

    def finish() -> None:
        Path(report).write_text(json.dumps(judge.findings.as_dict()))

    if options.engine == "guided":
        fuzz_engine.guided(judge, options.seed, finish)
    fuzz_engine.blind(judge, options.seed)
    finish()


def _target(name: str, instrumented: bool) -> Any:
    """A target; atheris has to see the chain's modules when they are imported."""
    if instrumented:
        import atheris

        # Arithmetic on arrays stays out: atheris leaks the array that a comparison of arrays gives
        arrays = [module.name for module in pkgutil.iter_modules(subnet.yuma.__path__, "subnet.yuma.")]
        with atheris.instrument_imports(include=["subnet"], exclude=arrays):
            import fuzz_targets
    else:
        import fuzz_targets
    return fuzz_targets.TARGETS[name]()


def _replay(path: Path) -> int:
    """What one input does, without any net below it."""
    name = path.name.split("-")[0]
    if not path.is_file() or name not in NAMES:
        print(f"{path} is no crash of {', '.join(NAMES)}: the name begins with the target", file=sys.stderr)
        return 2
    _target(name, instrumented=False).run(path.read_bytes())
    print(f"{path}: nothing went wrong")
    return 0


def _document(found: dict[str, dict[str, Any]], engine: str) -> dict[str, Any]:
    results = list(found.values())
    figures: dict[str, Any] = {
        "inputs": sum(result["inputs"] for result in results),
        "engine": engine,
        "seconds": round(sum(result.get("seconds", 0.0) for result in results), 1),
        "crashes": sum(bool(result["crash"]) for result in results),
        "slowest_input_ms": round(max(result.get("slowest_ms", 0.0) for result in results), 1),
        "memory_growth_mib": round(max(result.get("growth_mib", 0.0) for result in results), 1),
        "by_target": found,
    }
    targets = {name: {"max": most} for name, most in MOST.items()}
    return document("fuzz_chain", figures, targets)


if __name__ == "__main__":
    sys.exit(main())
