"""What serves: one whole generation of models, opened from its files or made of the one before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from backend.detection.forest_batch import SEGMENT, ForestBatch
from backend.detection.manifest import Manifest, ModelInfo
from backend.detection.model_file import Forest, Refused, check_model, read_model
from backend.detection.packed_forest import PackedForest
from backend.metrics.readings import SeriesKey
from backend.settings import DetectorName

_READERS = 4
"""Threads that read model files; what is left of the work holds the interpreter."""
_AT_ONCE = 32
"""Files that a thread reads before it says so: a file takes no longer than saying it."""


@dataclass(frozen=True)
class ModelSet:
    """One whole generation as it serves: immutable, so that a poll sees the old one or the new one.

    ``batch`` are the classic forests, ready to score, each in the place that ``slots`` says; a view
    forest's live state is its detector's.
    ``outdated`` are the refused ones that only another version or detector wrote: retrained unasked.
    """

    generation: str | None = None
    models: dict[SeriesKey, ModelInfo] = field(default_factory=dict)
    slots: dict[SeriesKey, int] = field(default_factory=dict)
    batch: ForestBatch = field(default_factory=ForestBatch)
    refused: dict[SeriesKey, str] = field(default_factory=dict)
    outdated: frozenset[SeriesKey] = frozenset()


def opened(
    root: Path, manifest: Manifest, detector: DetectorName, strangers: Mapping[SeriesKey, str]
) -> ModelSet:
    """The manifest's models as their files are; ``strangers`` are refused beforehand, with the reason."""
    refused = dict(strangers)
    outdated: set[SeriesKey] = set()
    slots: dict[SeriesKey, int] = {}

    def usable() -> Iterator[PackedForest]:
        for info, found in _open_all(root, manifest.models, detector):
            if isinstance(found, Refused):
                refused[info.key] = str(found)
                if found.outdated:
                    outdated.add(info.key)
            elif isinstance(found, PackedForest):
                slots[info.key] = len(slots)
                yield found

    batch = ForestBatch(usable())
    return ModelSet(
        generation=manifest.generation,
        models={info.key: info for info in manifest.models if info.key not in refused},
        slots=slots,
        batch=batch,
        refused=refused,
        outdated=frozenset(outdated),
    )


def with_new(
    old: ModelSet, present: Manifest, manifest: Manifest, fresh: Mapping[SeriesKey, Forest]
) -> ModelSet:
    """What serves once ``manifest`` does instead of ``present``: the new forests, those of ``old``, and what
    stays refused.

    An old one keeps its slot; a new one takes one that nobody has any more, or the next.
    """
    infos = {info.key: info for info in manifest.models}
    gone = set(fresh) | {info.key for info in present.models} - set(infos)
    refused = {key: reason for key, reason in old.refused.items() if key not in gone}
    slots = {key: slot for key, slot in old.slots.items() if key in infos and key not in refused}
    free = iter(sorted(set(range(len(old.batch) + len(fresh))) - set(slots.values())))
    changed: dict[int, PackedForest] = {}
    for key, forest in fresh.items():
        if isinstance(forest, PackedForest):
            slot = slots[key] = slots[key] if key in slots else next(free)
            changed[slot] = forest
    return ModelSet(
        generation=manifest.generation,
        models={key: info for key, info in infos.items() if key not in refused},
        slots=slots,
        batch=old.batch.replaced(changed),
        refused=refused,
        outdated=old.outdated & set(refused),
    )


_Found = PackedForest | Refused | None


def _open_all(
    root: Path, infos: Sequence[ModelInfo], detector: DetectorName
) -> Iterator[tuple[ModelInfo, _Found]]:
    """Each model's forest, or why it is not used; no more than a segment of them is held here."""

    def open_some(some: Sequence[ModelInfo]) -> list[_Found]:
        return [_open(root, info, detector) for info in some]

    with ThreadPoolExecutor(_READERS, thread_name_prefix="models") as pool:
        for first in range(0, len(infos), SEGMENT):
            some = infos[first : first + SEGMENT]
            parts = [some[at : at + _AT_ONCE] for at in range(0, len(some), _AT_ONCE)]
            found = chain.from_iterable(pool.map(open_some, parts))
            yield from zip(some, found, strict=True)


def _open(root: Path, info: ModelInfo, detector: DetectorName) -> _Found:
    """A view forest's file is only opened where its tables are needed: see `ModelRegistry.read`."""
    try:
        if detector == "view_forest":
            check_model(root, info, detector)
            return None
        forest = read_model(root, info, detector)
    except Refused as error:
        return error
    return forest if isinstance(forest, PackedForest) else None
