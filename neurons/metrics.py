"""What a validator does, as figures for Prometheus."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

from subnet.errors import SettingsError
from subnet.protocol import Hotkey
from subnet.validator.journal import Entry
from subnet.validator.round import Round
from subnet.validator.scores import Score

HOST = "127.0.0.1"


class Metrics:
    """A sink that counts rounds and weights, and tells how old the weights on the chain are."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, about: str) -> Gauge:
            return Gauge(f"assay_{name}", about, registry=registry)

        self._block = gauge("round_block", "Block of the last round")
        self._scored = gauge("miners_scored", "Members with a score above zero")
        self._age = gauge("weights_age_blocks", "Age of this validator's weights on the chain")
        self._cutoff = gauge("weights_cutoff_blocks", "Age from which on weights count no more")
        self._alarm = gauge("weights_alarm", "1 from half of that age on")
        self._replies = Counter(
            "assay_replies", "Replies by outcome: answered, or why not", ["outcome"], registry=registry
        )
        self._weights = Counter(
            "assay_weights", "Entries of the journal by status", ["status"], registry=registry
        )

    def round(self, played: Round, scores: Mapping[Hotkey, Score]) -> None:
        """Counts the round's replies."""
        self._block.set(played.moment.block)
        self._scored.set(sum(score.value > 0 for score in scores.values()))
        for judgement in played.judgements:
            self._replies.labels(judgement.reply.failure or "answered").inc()

    def weights(self, entry: Entry) -> None:
        """Counts what becomes of weights."""
        self._weights.labels(entry.status).inc()

    def aged(self, age: int, cutoff: int) -> None:
        """Tells the age of the weights on the chain in blocks, and that from which on they count no more."""
        self._age.set(age)
        self._cutoff.set(cutoff)
        self._alarm.set(2 * age >= cutoff)

    @classmethod
    def served(cls, port: int) -> Metrics:
        """Metrics that this machine can read at the port; SettingsError when it is taken.

        The library serves them from a daemon thread of its own, so they are told even when the loop is busy.
        """
        registry = CollectorRegistry()
        metrics = cls(registry)
        try:
            start_http_server(port, HOST, registry)
        except OSError as problem:
            raise SettingsError(
                f"--metrics-port {port}: {(problem.strerror or 'refused').lower()}"
            ) from problem
        return metrics
