"""Where a model's files are: a folder on this machine, the hub, or the hub's cache when the hub is out of reach."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HfApi, try_to_load_from_cache

# HTTPError is the base error of whichever HTTP library a release of the hub client uses.
from huggingface_hub.errors import HTTPError, RepositoryNotFoundError  # type: ignore[attr-defined]

from subnet.errors import ModelError

HUB_SECONDS = 10.0
"""How long the hub may take to say that it has a model."""


@dataclass(frozen=True, slots=True)
class Source:
    """What transformers loads: a folder or a hub id, the name to report, and whether only local files count."""

    place: str
    name: str
    local_only: bool


def located(path: str) -> Source:
    """The source of a model that the user named by folder or hub id.

    One request to the hub, without the repeats that would let a miner hang for a minute at start; when it
    fails, an earlier download serves. Raises ModelError when neither a folder nor the hub has the name.
    """
    folder = Path(path).expanduser()
    if folder.is_dir():
        return Source(str(folder), folder.resolve().name, local_only=True)
    if path.startswith((".", "/", "~")) or path.count("/") > 1:
        raise ModelError(f"no model folder at {path}: give a folder with a config.json, or a hub id")
    return Source(path, path, local_only=not _on_hub(path))


def _on_hub(hub_id: str) -> bool:
    """True when the hub has the model, False when the hub is silent but an earlier download is here.

    Raises ModelError when neither holds.
    """
    try:
        HfApi().model_info(hub_id, timeout=HUB_SECONDS)
    except RepositoryNotFoundError:
        raise ModelError(
            f"there is no folder and no hub model {hub_id}: check the name, or log in to the hub if it is private"
        ) from None
    except ValueError:
        raise ModelError(f"{hub_id!r} is neither a folder nor a hub id such as owner/name") from None
    except (HTTPError, OSError):
        if isinstance(try_to_load_from_cache(hub_id, "config.json"), str):
            return False
        raise ModelError(
            f"cannot load model {hub_id}: the hub is out of reach and no earlier download is on this machine"
        ) from None
    return True
