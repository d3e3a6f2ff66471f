"""The seam between Canopy and what judges its readings: the view forest, or the classic forest by setting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from backend.detection.model_file import Forest
from backend.detection.registry import ModelSet
from backend.detection.shares import Past
from backend.detection.training import TrainedModel
from backend.metrics.cards import Share
from backend.metrics.readings import SeriesKey
from backend.settings import DetectorName

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

YOUNG = 240
"""A model that learned fewer readings than this is young: alone, it opens no incident."""


class Batch(NamedTuple):
    """One poll's readings, row i of every array for ``keys[i]``, all of the grid time ``at``.

    ``values`` float64[n] are finite; ``features`` float64[n, 5]; where ``learned`` bool[n] is False the
    reading is judged, but never trained on.
    """

    keys: Sequence[SeriesKey]
    at: float
    values: FloatArray
    features: FloatArray
    learned: BoolArray


class Judged(NamedTuple):
    """What a detector says of a batch, row by row.

    ``scores`` float64[n] in 0..1, NaN for a pair that it cannot judge now; ``limits`` float64[n] the score
    from which a reading is anomalous; ``expected`` float64[n, 2] low and high, NaN where nothing is known;
    ``learned`` int64[n] readings that the pair's model knows.
    """

    scores: FloatArray
    limits: FloatArray
    expected: FloatArray
    learned: IntArray


class Series(NamedTuple):
    """A pair's stored readings, ascending: float64[n] seconds and values.

    ``learned`` bool[n] may be trained on; ``compared`` bool[n] are the recent ones on which a new model is
    held against the live verdicts. ``older`` are coarse readings of earlier weeks, float64[m] seconds and
    values: only what is usual at a time of the day or the week comes from them.
    """

    timestamps: FloatArray
    values: FloatArray
    learned: BoolArray
    compared: BoolArray
    older: tuple[FloatArray, FloatArray] | None = None


class Trainer(Protocol):
    """One training run, while polls go on; `train` and `drop` may run in several threads, for other pairs."""

    def train(self, key: SeriesKey, series: Series, now: float) -> TrainedModel:
        """A new model of the pair. Raises NotEnoughSamples."""

    def limit(self, key: SeriesKey) -> float | None:
        """The score from which the pair's readings are anomalous today; None: each model has its own."""

    def drop(self, key: SeriesKey) -> None:
        """The pair's new model is not wanted after all."""

    def adopt(self, models: ModelSet) -> None:
        """Serve what was trained and not dropped; ``models`` is the generation that it was saved as."""


_MANY_ALERTS = 0.2
_ENOUGH_JUDGED = 20
"""So large a share tells of a model that does not fit, not of trouble; of fewer readings none can tell."""


class Standing(NamedTuple):
    """How a pair's model has done since it serves: readings it knows, judged, and called anomalous."""

    learned: int
    judged: int
    anomalous: int

    @property
    def alert_rate(self) -> float | None:
        """The share of anomalous readings; None before the first."""
        return self.anomalous / self.judged if self.judged else None

    @property
    def alarming(self) -> bool:
        """Whether it calls so much anomalous that it may not fit."""
        return self.judged >= _ENOUGH_JUDGED and self.anomalous >= _MANY_ALERTS * self.judged


def at_once() -> None:
    """Gives way to nobody."""


class Detector(Protocol):
    """Judges a poll's readings by the pairs' models. `judge` and `forget` are the poll thread's."""

    name: DetectorName

    def judge(self, batch: Batch, models: ModelSet) -> Judged: ...

    def explain(self, key: SeriesKey, past: Past, unit: str) -> tuple[Share, ...]:
        """What had to do with the pair's newest score, the strongest first; empty where it cannot tell."""

    def standings(self, keys: Sequence[SeriesKey], models: ModelSet) -> dict[SeriesKey, Standing]:
        """How these pairs' models have done; without those that no poll came for yet."""

    def go_back(self, forests: Mapping[SeriesKey, Forest], models: ModelSet) -> None:
        """Serve these earlier models, which ``models`` names, until the next training."""

    def forget(self, keys: Sequence[SeriesKey]) -> None:
        """These pairs are gone."""

    def training(self, give_way: Callable[[], None] = at_once) -> AbstractContextManager[Trainer]:
        """A run's trainer; one at a time. It calls ``give_way`` between its portions, holding no lock."""
