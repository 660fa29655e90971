# ruff: noqa: E501 - the marks of the sample stand on the lines that they speak of
"""A code base written for SDK 9 and 10: each of its old calls is listed, and nothing else is.

Lines of the sample end in `#: text | text`, the findings that are due on them.
"""

from pathlib import Path

import pytest

from subnet.porting import Report, scanned

MINER = """
import time
import bittensor as bt
import demo.protocol
from demo.weights import process_weights_for_netuid  #: import demo.weights.process_weights_for_netuid


class Miner:
    wallet: "bt.wallet"
    metagraph: "bt.metagraph"  #: bt.metagraph

    def __init__(self, config: "bt.Config"):  #: bt.Config
        bt.logging.set_config(config=config.logging)  #: bt.logging.set_config | config.logging
        self.wallet = bt.wallet(config=config)  #: bt.wallet(config=...)
        self.subtensor = bt.subtensor(network="test")
        self.metagraph = self.subtensor.metagraph(config.netuid)  #: self.subtensor.metagraph
        self.axon = bt.axon(wallet=self.wallet, port=config.axon.port)  #: bt.axon | config.axon
        self.axon.attach(forward_fn=self.forward, blacklist_fn=self.blacklist)  #: self.axon.attach
        self.axon.serve(netuid=1, subtensor=self.subtensor)  #: self.axon.serve
        self.axon.start()  #: self.axon.start
        st = bt.subtensor()
        print(st.get_current_block())  #: st.get_current_block

    async def forward(self, synapse: demo.protocol.Ask) -> demo.protocol.Ask:
        synapse.answer = synapse.question * 2
        return synapse

    async def blacklist(self, synapse: demo.protocol.Ask) -> bool:
        if synapse.dendrite is None or synapse.dendrite.hotkey is None:  #: synapse.dendrite | synapse.dendrite.hotkey
            bt.logging.warning("who?")  #: bt.logging.warning
            return True
        uid = self.metagraph.hotkeys.index(synapse.dendrite.hotkey)  #: synapse.dendrite.hotkey
        return self.metagraph.S[uid] < 10 and not self.metagraph.validator_permit[uid]  #: self.metagraph.S | self.metagraph.validator_permit

    def run(self):
        self.metagraph.sync(subtensor=self.subtensor)  #: self.metagraph.sync
        for uid in range(self.metagraph.n.item()):  #: self.metagraph.n
            if self.metagraph.axons[uid].is_serving:  #: self.metagraph.axons | self.metagraph.axons[uid].is_serving
                time.sleep(self.metagraph.block.item())  #: self.metagraph.block.item
"""

VALIDATOR = """
import argparse
import importlib
from unittest.mock import patch
import bittensor
from bittensor import logging, Synapse  #: import bittensor.logging | import bittensor.Synapse
from bittensor.core.axon import Axon as Server  #: import bittensor.core.axon.Axon
from bittensor.utils.weight_utils import convert_weights_and_uids_for_emit as emit  #: import bittensor.utils.weight_utils.convert_weights_and_uids_for_emit
from bittensor_wallet import Wallet  #: import bittensor_wallet.Wallet
from substrateinterface import Keypair  #: import substrateinterface.Keypair
from demo.protocol import Ask
from demo.mock import FakeDendrite


def flags() -> bittensor.config:  #: bittensor.config
    parser = argparse.ArgumentParser()
    parser.add_argument("--wallet.name", type=str)  #: --wallet.name
    parser.add_argument("--neuron.sample_size", type=int)
    bittensor.subtensor.add_args(parser)  #: bittensor.subtensor.add_args
    bittensor.wallet.add_args(parser)  #: bittensor.wallet.add_args
    return bittensor.config(parser)  #: bittensor.config


async def ask(self, mock_wallet):
    dendrite = bittensor.dendrite(wallet=mock_wallet)  #: bittensor.dendrite
    async with bittensor.AsyncSubtensor("test") as client:  #: bittensor.AsyncSubtensor
        await client.serve_axon(netuid=1, axon=Server())  #: client.serve_axon | Server
        print(await client.balances.get("5F"))
    replies = await dendrite(axons=self.metagraph.axons, synapse=Ask(question=1))  #: dendrite(...) | self.metagraph.axons
    for reply in replies:
        if reply.dendrite.status_code == 200 and hasattr(reply, "dendrite"):  #: reply.dendrite.status_code
            logging.info(reply.dendrite.process_time)  #: logging.info | reply.dendrite.process_time
    uids, values = emit(uids=[1], weights=[1.0])  #: emit
    done, said = self.subtensor.set_weights(wallet=mock_wallet, uids=uids, weights=values)  #: self.subtensor.set_weights
    amount = bittensor.Balance.from_float(1.0)  #: bittensor.Balance.from_float
    fake = FakeDendrite(mock_wallet)
    return await fake.forward([], Synapse())  #: fake.forward | Synapse


def constants(self) -> bittensor.core.metagraph.NonTorchMetagraph:  #: bittensor.core.metagraph.NonTorchMetagraph
    return self.SUBTENSOR.metagraph(1).uids  #: self.SUBTENSOR.metagraph | self.SUBTENSOR.metagraph(1).uids


def lazily():
    with patch("bittensor.core.subtensor.Subtensor"):  #: bittensor.core.subtensor.Subtensor
        getattr(bittensor, "MockSubtensor")()  #: bittensor.MockSubtensor
        return importlib.import_module("bittensor.core.dendrite")  #: bittensor.core.dendrite
"""

PROTOCOL = """
import bittensor as bt


class Ask(bt.Synapse):  #: bt.Synapse
    question: int
    answer: int | None = None

    def deserialize(self) -> int | None:
        return self.answer


class Stream(bt.StreamingSynapse):  #: bt.StreamingSynapse
    def failed(self):
        return self.is_failure or self.timeout  #: self.is_failure | self.timeout
"""

MOCK = """
import bittensor as bt


class FakeSubtensor(bt.MockSubtensor):  #: bt.MockSubtensor
    def __init__(self, netuid):
        super().__init__()
        if not self.subnet_exists(netuid):  #: self.subnet_exists
            super().create_subnet(netuid)  #: super().create_subnet
        self.force_register_neuron(netuid=netuid, hotkey="a")  #: self.force_register_neuron


class FakeDendrite(bt.dendrite):  #: bt.dendrite
    def __init__(self, wallet):
        super().__init__(wallet)
        self.delay = 1

    def name(self):
        return self.keypair  #: self.keypair
"""

NO_PYTHON = """
import bittensor as bt
print "an older Python"
sub = bt.subtensor()
bt.logging.info("x")  # bt.axon in a comment
self.metagraph.sync()
"""

SAMPLE = {"neurons/miner.py": MINER, "neurons/validator.py": VALIDATOR, "demo/protocol.py": PROTOCOL}
SAMPLE |= {"demo/mock.py": MOCK}


def written(folder: Path, files: dict[str, str]) -> Path:
    """The files on disk."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def expected() -> list[tuple[str, int, str]]:
    """What the comments of the sample say is due."""
    due = []
    for name, text in SAMPLE.items():
        for number, line in enumerate(text.splitlines(), 1):
            _, mark, found = line.partition("  #: ")
            due += [(name, number, word.strip()) for word in found.split(" | ")] if mark else []
    return sorted(due)


def found(report: Report) -> list[tuple[str, int, str]]:
    return sorted((finding.file, finding.line, finding.found) for finding in report.findings)


def test_every_old_call_of_the_sample_is_listed_and_nothing_else(tmp_path: Path) -> None:
    report = scanned(written(tmp_path, SAMPLE))
    assert found(report) == expected()
    assert report.files == len(SAMPLE)
    assert report.unparsed == ()


def test_each_finding_says_what_to_use_and_whether_it_was_guessed(tmp_path: Path) -> None:
    report = scanned(
        written(tmp_path, {"a.py": "import bittensor as bt\nbt.axon()\n\ndef f(metagraph): metagraph.S\n"})
    )
    sure, guessed = report.findings
    assert (sure.found, sure.area, sure.guessed, sure.column) == ("bt.axon", "axon", False, 1)
    assert "subnet.transport.server.Server" in sure.use
    assert (guessed.found, guessed.guessed) == ("metagraph.S", True)


def test_a_file_that_does_not_parse_is_read_line_by_line_and_named(tmp_path: Path) -> None:
    report = scanned(written(tmp_path, {"old.py": NO_PYTHON}))
    assert report.unparsed == ("old.py",)
    assert found(report) == [("old.py", 5, "bt.logging.info"), ("old.py", 6, "self.metagraph.sync")]


def test_a_code_base_that_does_not_use_the_sdk_is_left_alone(tmp_path: Path) -> None:
    text = "def f(self, wallet, axon):\n    axon.start()\n    return wallet.create(), self.config.logging.level\n"
    assert found(scanned(written(tmp_path, {"a.py": text}))) == []


def test_code_for_sdk_11_is_clean(tmp_path: Path) -> None:
    text = """
import logging
import bittensor as bt
from bittensor.sp_core import Keypair

async def main(wallet: bt.Wallet):
    async with bt.Subtensor("test") as subtensor:
        metagraph = await subtensor.subnets.metagraph(1)
        print(metagraph.hotkeys, metagraph.num_uids, metagraph.neurons[0].axon, await subtensor.neurons.all(1))
        print(await subtensor.weights.weights(netuid=1), bt.Balance.from_tao(1), bt.__version__)
        await subtensor.execute(bt.SetWeights(netuid=1, uids=[0], weights=[1.0]), bt.Wallet(name="a", hotkey="b"))
    logging.info(bt.http_auth.sign(wallet, method="POST", path="/", body=b"", receiver_ss58="5F"))
"""
    assert found(scanned(written(tmp_path, {"a.py": text, "requirements.txt": "bittensor==11.3.0\n"}))) == []


def test_requirements_that_ask_for_an_older_sdk_are_listed(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "numpy\nbittensor==9.9.0\nbittensor-wallet>=3\n# bittensor==8\n",
        "pyproject.toml": 'dependencies = ["bittensor>=10.1,<11", "rich"]\n',
        "setup.py": 'setup(name="bittensor_subnet_template", url="https://bittensor.com", requires=["bittensor"])\n',
    }
    assert found(scanned(written(tmp_path, files))) == [
        ("pyproject.toml", 1, "bittensor>=10.1,<11"),
        ("requirements.txt", 2, "bittensor==9.9.0"),
        ("requirements.txt", 3, "bittensor-wallet>=3"),
        ("setup.py", 1, "bittensor"),
    ]


def test_nothing_that_is_scanned_is_run(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    text = f"import bittensor as bt\nopen({str(marker)!r}, 'w').close()\nbt.axon()\n"
    assert len(scanned(written(tmp_path / "base", {"a.py": text, "setup.py": text})).findings) == 2
    assert not marker.exists()


@pytest.mark.parametrize(
    "text",
    ["\0", "(" * 5000, "# -*- coding: nonsense -*-\nimport bittensor as bt\nbt.axon\n", "x = '\ud800'"],
)
def test_hostile_files_are_read_or_named_never_a_crash(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.py").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert scanned(tmp_path).files == 1


def test_links_and_other_peoples_code_are_not_followed(tmp_path: Path) -> None:
    old = "import bittensor as bt\nbt.axon()\n"
    base = written(tmp_path / "base", {".venv/lib/a.py": old, "node_modules/b.py": old, "c.py": old})
    outside = written(tmp_path / "outside", {"d.py": old}) / "d.py"
    (base / "d.py").symlink_to(outside)
    (base / "loop").symlink_to(base)
    assert [name for name, _, _ in found(scanned(base))] == ["c.py"]
