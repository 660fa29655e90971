"""Hostile answers to a programming task: escapes, bombs and attempts at the grader.

Each is the source of a function `double` that returns the right result only if its attack works, or never comes
to an end. A sandbox that holds makes every one of them worth 0. Each source may use the names of `Facts`, which
tell it more about the validator than a miner knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Facts:
    """What there is to be reached: listeners, a file with a secret, and the validator's process."""

    PORT: int
    SOCKET: str
    WALLET: str
    VALIDATOR: int


PREAMBLE = """import ctypes, gc, json, os, signal, socket, sys
def works(call):
    try:
        return call() is not False
    except (OSError, ImportError):
        return False
"""


def hostile(body: str, facts: Facts) -> str:
    """The source of a hostile answer that knows these facts."""
    known = "".join(f"{name} = {value!r}\n" for name, value in asdict(facts).items())
    return f"{PREAMBLE}{known}{body}\n"


def reading_what_is_expected(function: str) -> str:
    """The source of an answer that returns what its grader expects, from the frame of whoever calls it."""
    return (
        f"import sys\ndef {function}(*given):\n    frame = sys._getframe(1)\n"
        "    while frame is not None and 'expected' not in frame.f_locals:\n        frame = frame.f_back\n"
        "    return frame.f_locals['expected'] if frame else None\n"
    )


def equal_to_everything(function: str) -> str:
    """The source of an answer whose result says of itself that it equals whatever it is compared with."""
    return (
        "class Liar(int):\n    __eq__ = lambda self, other: True\n    __hash__ = int.__hash__\n"
        f"def {function}(*given):\n    return Liar(-1)\n"
    )


def only_the_trivial(function: str) -> str:
    """The source of an answer that gives a result for empty input and none for any other."""
    return (
        f"def {function}(*given):\n    if any(given):\n        raise ValueError('no answer')\n"
        "    return type(given[0])()\n"
    )


def _when(attack: str) -> str:
    """A function that does its task when the attack, an expression, comes out true."""
    return f"def double(x):\n    return 2 * x if {attack} else None"


def _each(call: str, items: str) -> str:
    """An expression: true when the call works out for one of the items."""
    return f"any([works(lambda: {call}) for item in {items}])"


ESCAPES: Mapping[str, str] = MappingProxyType(
    {
        "connect to a server of the host": _when("socket.create_connection(('127.0.0.1', PORT), 1)"),
        "connect to an abstract socket of the host": _when(
            "socket.socket(socket.AF_UNIX).connect('\\0' + SOCKET) is None"
        ),
        "send a datagram": _when(
            "socket.socket(type=socket.SOCK_DGRAM).sendto(b'secret', ('127.0.0.1', PORT))"
        ),
        "read the wallet": _when("open(WALLET).read()"),
        "read the wallet by a link": "os.symlink('/', '/tmp/root')\n"
        + _when("open('/tmp/root' + WALLET).read()"),
        "read the wallet by ways back": _when(
            _each(
                "open(item + WALLET).read()",
                "('/host', '/old', '/..', '/proc/1/root', '/tmp/../..', '/usr/lib/../../..')",
            )
        ),
        "read the wallet out of another root": (
            "os.mkdir('/tmp/a')\nhere = os.open('/', os.O_RDONLY)\nos.chroot('/tmp/a')\nos.fchdir(here)\n"
            "[os.chdir('..') for _ in range(50)]\nos.chroot('.')\n" + _when("open(WALLET).read()")
        ),
        "read the passwords": _when(_each("open(item).read()", "('/etc/shadow', '/etc/passwd')")),
        "read the validator's environment": _when(
            _each("open(f'/proc/{item}/environ').read()", "(1, VALIDATOR, os.getppid(), 'self')")
        ),
        "read the validator's memory": _when(
            _each("open(f'/proc/{item}/mem', 'rb')", "(1, VALIDATOR, os.getppid(), 'self')")
        ),
        "trace the validator": _when("ctypes.CDLL(None).ptrace(16, VALIDATOR, 0, 0) == 0"),
        "signal the validator": _when(
            _each("os.kill(item, signal.SIGTERM)", "(VALIDATOR, os.getppid() or VALIDATOR, VALIDATOR + 1)")
        ),
        "signal everybody": "os.kill(-1, signal.SIGKILL)\n" + _when("True"),
        "start a process": "import subprocess\n" + _when("subprocess.run(['/bin/sh', '-c', 'true'])"),
        "become another program": _when(
            _each("os.execv(item, [item])", "(sys.executable, '/bin/sh', '/usr/lib/ld-linux.so.2')")
        ),
        "leave a daemon behind": _when("os.fork() or os.setsid() or os.fork()"),
        "make a thread": "import threading\n" + _when("threading.Thread(target=print).start() is None"),
        "become root": _when("os.setuid(0) is None"),
        "become root by a call": _when("ctypes.CDLL(None).setresuid(0, 0, 0) == 0"),
        "mount": _when("ctypes.CDLL(None).mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0"),
        "unmount": _when("ctypes.CDLL(None).umount2(b'/tmp', 2) == 0"),
        "write where Python lies": _when(
            _each("open(item, 'ab')", "(os.__file__, json.__file__, '/usr/lib/x', '/x', '/etc/x')")
        ),
        "overwrite the wallet": _when("open(WALLET, 'r+').write('forged')"),
        "write into inherited files": _when(_each("os.write(item, b'forged') > 0", "range(3, 4096)")),
        "import the grader": _when(_each("__import__(item)", "('subnet.tasks.code', 'reward', 'bittensor')")),
        "raise the limits": (
            "import resource\nresource.setrlimit(resource.RLIMIT_NPROC, (9, 9))\n" + _when("os.fork() >= 0")
        ),
        "preload a library": (
            "os.environ['LD_PRELOAD'] = '/tmp/evil.so'\nopen('/tmp/evil.so', 'wb').write(b'ELF')\n"
            + _when("os.execv(sys.executable, [sys.executable, '-c', 'print(1)'])")
        ),
    }
)
"""Attempts to reach what lies outside; the walls stop them with or without the filter of system calls."""

KERNEL: Mapping[str, str] = MappingProxyType(
    {
        f"call {name}": _when(f"ctypes.CDLL(None, use_errno=True).syscall({call}) >= 0")
        for name, call in {
            "unshare": "272, 0x10000000",
            "process_vm_readv": "310, VALIDATOR, None, 0, None, 0, 0",
            "clone3": "435, 0, 0",
            "keyctl": "250, 0, -3, 1",
            "add_key": "248, b'user', b'a', b'b', 1, -3",
            "bpf": "321, 0, ctypes.create_string_buffer(120), 120",
            "perf_event_open": "298, ctypes.create_string_buffer(120), 0, -1, -1, 0",
            "io_uring_setup": "425, 4, ctypes.create_string_buffer(120)",
            "userfaultfd": "323, 1",
            "memfd_create": "319, b'a', 0",
            "prctl": "157, 15, b'harmless'",
            "kexec_load": "246, 0, 0, 0, 0",
            "the 32-bit table": "0x40000000 + 39",
        }.items()
    }
)
"""Calls to the larger machines of the kernel, by their numbers on x86-64; only the filter stops some of them."""

BOMBS: Mapping[str, str] = MappingProxyType(
    {
        "fork bomb": "def double(x):\n    while True:\n        os.fork()",
        "stubborn fork bomb": ("def double(x):\n    while True:\n        works(os.fork)"),
        "memory bomb": "held = []\ndef double(x):\n    while True:\n        held.append(bytearray(1 << 24))",
        "stubborn memory bomb": (
            "held = []\ndef double(x):\n    while True:\n        try:\n            held.append(bytearray(1 << 20))\n"
            "        except MemoryError:\n            pass"
        ),
        "fill the disk": (
            "def double(x):\n    for n in range(64):\n        with open(f'/tmp/{n}', 'wb') as file:\n"
            "            file.write(bytes(1 << 20))\n    return 2 * x"
        ),
        "one huge file": (
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\ndef double(x):\n    with open('/tmp/a', 'wb') as file:\n"
            "        file.truncate(1 << 40)\n        file.write(bytes(1 << 23))\n    return 2 * x"
        ),
        "exhaust the inodes": (
            "def double(x):\n    for n in range(100_000):\n        os.mkdir(f'/tmp/{n}')\n    return 2 * x"
        ),
        "exhaust the files": (
            "def double(x):\n    for _ in range(100_000):\n        os.open('/', os.O_RDONLY)\n    return 2 * x"
        ),
        "endless loop": "while True:\n    pass",
        "endless loop in C": "import re\ndef double(x):\n    return re.match('(a+)+$', 'a' * 60 + 'b')",
        "endless number": "def double(x):\n    return 9 ** 9 ** 9",
        "endless source": "double = " + "(" * 5000 + "1" + ")" * 5000,
        "sleep": "import time\ndef double(x):\n    time.sleep(3600)\n    return 2 * x",
        "sleep by waiting for nothing": (
            "import select\ndef double(x):\n    select.select([], [], [], 3600)\n    return 2 * x"
        ),
        "wait for oneself": (
            "import _thread\nlock = _thread.allocate_lock()\ndef double(x):\n    lock.acquire()\n    lock.acquire()\n"
            "    return 2 * x"
        ),
        "wait for a signal": "def double(x):\n    while True:\n        signal.pause()",
        "wait in a pipe": "def double(x):\n    ends = os.pipe()\n    os.read(ends[0], 1)\n    return 2 * x",
        "ignore all signals": (
            "for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:\n"
            "    signal.signal(number, signal.SIG_IGN)\nwhile True:\n    pass"
        ),
        "endless output": "def double(x):\n    while True:\n        os.write(1, bytes(1 << 16))",
        "endless printing": "def double(x):\n    while True:\n        print('x' * 10_000)",
        "endless result": "def double(x):\n    return 'x' * (1 << 26)",
        "endless recursion": "def double(x):\n    return double(x)",
        "recursion without a limit": (
            "sys.setrecursionlimit(1 << 30)\nclass Deep:\n    def __getattr__(self, name):\n"
            "        return getattr(self, name + 'x')\ndef double(x):\n    return Deep().a"
        ),
        "crash": "def double(x):\n    return ctypes.string_at(1)",
        "end by a signal": "def double(x):\n    os.kill(os.getpid(), signal.SIGKILL)\n    os.abort()",
    }
)
"""Attempts to use up the validator's machine or its time."""

FORGED = "json.dumps([[True]] * 50)"
TAMPERING: Mapping[str, str] = MappingProxyType(
    {
        "leave at once": "os._exit(0)",
        "leave politely": "raise SystemExit(0)",
        "leave while being called": "def double(x):\n    raise SystemExit(0)",
        "leave a last word": (
            f"import atexit\natexit.register(lambda: os.write(1, {FORGED}.encode()))\nraise SystemExit(0)"
        ),
        "forge the result": f"os.write(1, {FORGED}.encode())\nos._exit(0)",
        "forge a line of success": "os.write(1, b'12 passed in 0.01s\\n')\nos._exit(0)",
        "forge a result and go on": (
            "os.write(1, json.dumps([[2 * x] for x in range(50)]).encode())\ndef double(x):\n    return 2 * x"
        ),
        "close everything": "os.closerange(0, 4096)\ndef double(x):\n    return 2 * x",
        "patch the encoder": "json.dumps = lambda *given, **named: 'true'\ndef double(x):\n    return None",
        "patch what is built in": (
            "import builtins\nbuiltins.len = lambda things: 0\nbuiltins.all = lambda things: True\n"
            "builtins.isinstance = lambda *given: True\ndef double(x):\n    return None"
        ),
        "patch the runner": (
            "inside = sys.modules['subnet.sandbox.inside']\ninside._result = lambda *given: '[true]'\n"
            "def double(x):\n    return True"
        ),
        "replace standard output": (
            "class Says:\n    def write(self, text):\n        return os.write(1, b'[[true]]')\n"
            "sys.stdout = Says()\nprint('passed')\ndef double(x):\n    return True"
        ),
        "look for the truth in memory": (
            "def double(x):\n    known = [thing for thing in gc.get_objects() if isinstance(thing, dict)]\n"
            "    return next((thing['truth'] for thing in known if 'truth' in thing), None)"
        ),
        "look for the truth in frames": (
            "def double(x):\n    frame = sys._getframe()\n    while frame:\n"
            "        for name in ('truth', 'expected', 'reference'):\n            if name in frame.f_locals:\n"
            "                return 2 * x\n        frame = frame.f_back"
        ),
        "equal to everything": (
            "class Liar(int):\n    __eq__ = lambda self, other: True\n    __hash__ = int.__hash__\n"
            "    __repr__ = __str__ = lambda self: 'true'\ndef double(x):\n    return Liar(-1)"
        ),
        "change after the look": (
            "class Liar(list):\n    __iter__ = lambda self: iter([True])\n    __eq__ = lambda self, other: True\n"
            "def double(x):\n    return Liar([x])"
        ),
        "true for a number": "def double(x):\n    return bool(x)",
        "a number as text": "def double(x):\n    return str(2 * x)",
        "a number with a fraction": "def double(x):\n    return 2.0 * x",
        "not a number": "def double(x):\n    return float('nan')",
        "forge what is not a number": "os.write(1, b'[' + b','.join([b'[NaN]'] * 10) + b']')\nos._exit(0)",
        "forge what is beyond all numbers": "os.write(1, b'[' + b','.join([b'[1e999]'] * 10) + b']')\nos._exit(0)",
        "a number of a million digits": "sys.set_int_max_str_digits(0)\ndef double(x):\n    return 1 << (1 << 18)",
        "forge a deep nest": "os.write(1, b'[' * 200_000)\nos._exit(0)",
        "a deep nest": (
            "def double(x):\n    nest = []\n    for _ in range(9 ** 5):\n        nest = [nest]\n    return nest"
        ),
        "a nest in itself": "def double(x):\n    nest = []\n    nest.append(nest)\n    return nest",
        "no such function": "def triple(x):\n    return 3 * x",
        "no function": "double = 4",
        "no Python": "double x = 2 x",
    }
)
"""Attempts to be judged right without doing the task."""
