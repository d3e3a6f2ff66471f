"""What serves: models of the newest generation; never a file that is not ours."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pytest

from backend.detection.generations import Generations
from backend.detection.manifest import ManifestError
from backend.detection.registry import ModelRegistry
from backend.detection.sklearn_forest import to_sklearn
from backend.metrics.readings import SeriesKey
from backend.tests.detection.trained import CLASSIC, NOW, ODD, PAYMENT, model_file, trained


def change_entry(models_dir: Path, change: dict[str, object]) -> None:
    """Changes the first model's entry in the manifest, as another version or a damaged disk would."""
    manifest = models_dir / "manifest.json"
    content = json.loads(manifest.read_text())
    content["models"][0] |= change
    manifest.write_text(json.dumps(content))


@pytest.mark.parametrize("key", [PAYMENT, ODD], ids=["plain", "odd"])
def test_what_was_saved_scores_the_same_after_a_restart(tmp_path: Path, key: SeriesKey) -> None:
    registry = ModelRegistry(tmp_path, CLASSIC)
    before = registry.save([trained(key)], NOW)
    again = ModelRegistry(tmp_path, CLASSIC).load()
    rows = np.random.default_rng(1).normal(10, 5, (20, 5))
    index = np.zeros(20, dtype=np.intp)
    assert again.models == before.models
    np.testing.assert_array_equal(again.batch.score(index, rows), before.batch.score(index, rows))


def test_joblib_reads_a_file_and_it_is_small(tmp_path: Path) -> None:
    ModelRegistry(tmp_path, CLASSIC).save([trained(PAYMENT, count=4000)], NOW)
    path = tmp_path / "payment-service" / "lat.pkl"
    forest = to_sklearn(joblib.load(path), 5)
    assert forest.predict([[5000.0, 4990.0, 5000.0, 2000.0, 10.0]]) == [-1]
    assert path.stat().st_size < 60_000


def test_a_pair_keeps_its_place_and_what_is_gone_leaves_its_to_another(tmp_path: Path) -> None:
    registry = ModelRegistry(tmp_path, CLASSIC)
    keys = [SeriesKey(f"service-{i}", "lat") for i in range(4)]
    first = registry.save([trained(key, seed=i) for i, key in enumerate(keys)], NOW)
    kept = registry.save([trained(keys[3], seed=9)], NOW + 60, keep={keys[0], keys[1]})
    assert {key: kept.slots[key] for key in kept.slots} == {
        key: first.slots[key] for key in (*keys[:2], keys[3])
    }
    after = registry.save([trained(ODD, seed=5)], NOW + 120)
    assert after.slots[ODD] == first.slots[keys[2]]
    rows = np.random.default_rng(1).normal(10, 5, (4, 5))
    served = [keys[0], keys[1], keys[3], ODD]
    again = ModelRegistry(tmp_path, CLASSIC).load()
    swapped, loaded = (
        set_.batch.score(np.array([set_.slots[key] for key in served]), rows) for set_ in (after, again)
    )
    np.testing.assert_array_equal(swapped, loaded)


def test_more_models_than_a_segment_holds_are_all_loaded_but_for_the_altered_one(tmp_path: Path) -> None:
    one, keys = trained(PAYMENT), [SeriesKey(f"service-{i}", "lat") for i in range(300)]
    ModelRegistry(tmp_path, CLASSIC).save([replace(one, key=key) for key in keys], NOW)
    path = model_file(tmp_path, keys[7])
    path.unlink()
    path.write_bytes(b"somebody else's")
    again = ModelRegistry(tmp_path, CLASSIC).load()
    assert (set(again.refused), len(again.slots), len(again.batch)) == ({keys[7]}, 299, 299)


def test_training_one_pair_keeps_the_others(tmp_path: Path) -> None:
    registry = ModelRegistry(tmp_path, CLASSIC)
    registry.save([trained(PAYMENT), trained(ODD)], NOW)
    registry.save([trained(PAYMENT, seed=9)], NOW + 60)
    again = ModelRegistry(tmp_path, CLASSIC).load()
    assert set(again.models) == {PAYMENT, ODD}
    assert not again.refused


def test_an_altered_file_is_refused_and_the_rest_serve(tmp_path: Path) -> None:
    ModelRegistry(tmp_path, CLASSIC).save([trained(PAYMENT), trained(ODD)], NOW)
    path = tmp_path / "payment-service" / "lat.pkl"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.unlink()
    path.write_bytes(content)
    again = ModelRegistry(tmp_path, CLASSIC).load()
    assert set(again.models) == {ODD}
    assert "digest differs" in again.refused[PAYMENT]


class Bomb:
    """A pickle that leaves a trace if it is ever loaded."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.trace),)


def test_a_foreign_pickle_is_never_opened(tmp_path: Path) -> None:
    root, trace = tmp_path / "models", tmp_path / "opened"
    ModelRegistry(root, CLASSIC).save([trained(PAYMENT)], NOW)
    for path in (root / "payment-service" / "lat.pkl", root / "stranger" / "cpu.pkl"):
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(pickle.dumps(Bomb(trace)))
    again = ModelRegistry(root, CLASSIC).load()
    assert not again.models
    assert "Canopy did not write it" in again.refused[SeriesKey("stranger", "cpu")]
    assert not trace.exists()


@pytest.mark.parametrize("damage", ["missing", "torn", "empty"])
def test_a_lost_or_torn_file_is_refused_with_its_reason(tmp_path: Path, damage: str) -> None:
    ModelRegistry(tmp_path, CLASSIC).save([trained(PAYMENT)], NOW)
    path = tmp_path / "payment-service" / "lat.pkl"
    content = path.read_bytes()
    path.unlink()
    if damage != "missing":
        path.write_bytes(content[:1000] if damage == "torn" else b"")
    reason = ModelRegistry(tmp_path, CLASSIC).load().refused[PAYMENT]
    assert str(path) in reason
    assert "retrain" in reason


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"features": ["value"]}, "other features"),
        ({"versions": {"numpy": "1.26.0", "model format": "2"}}, "numpy 1.26.0"),
        ({"versions": {"numpy": np.__version__, "scikit-learn": "1.9.0"}}, "model format of another version"),
    ],
)
def test_a_model_of_another_version_is_refused_and_marked_for_a_retrain(
    tmp_path: Path, change: dict[str, object], words: str
) -> None:
    ModelRegistry(tmp_path, CLASSIC).save([trained(PAYMENT)], NOW)
    change_entry(tmp_path, change)
    again = ModelRegistry(tmp_path, CLASSIC).load()
    assert words in again.refused[PAYMENT]
    assert PAYMENT in again.outdated


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[]", b'{"format": 99}', b'{"format": 1, "generation": "x"}'),
        *(b'{"format": 1, "generation": %s, "models": []}' % name for name in (b'"x"', b'"x-y"', b"7")),
    ],
)
def test_a_manifest_that_cannot_be_read_is_said_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(ManifestError, match=r"manifest\.json"):
        ModelRegistry(tmp_path, CLASSIC).load()


@pytest.mark.parametrize(
    "change",
    [
        {"service": {}},
        {"metric": 7},
        {"metric": "\ud800"},
        {"sha256": None},
        {"samples": "many"},
        {"samples": float("inf")},
        {"features": [1]},
        {"versions": {"numpy": None}},
        {"usual": {"low": None, "high": 1.0}},
    ],
    ids=str,
)
def test_a_damaged_entry_is_found_when_it_is_read_and_not_by_a_poll(
    tmp_path: Path, change: dict[str, object]
) -> None:
    ModelRegistry(tmp_path, CLASSIC).save([trained(PAYMENT)], NOW)
    change_entry(tmp_path, change)
    with pytest.raises(ManifestError, match=r"manifest\.json"):
        ModelRegistry(tmp_path, CLASSIC).load()


def test_a_training_by_hand_is_taken_over_by_a_running_registry(tmp_path: Path) -> None:
    running, by_hand = ModelRegistry(tmp_path, CLASSIC), ModelRegistry(tmp_path, CLASSIC)
    running.load()
    by_hand.save([trained(PAYMENT)], NOW)
    assert running.reload_if_changed()
    assert PAYMENT in running.current.models
    assert not running.reload_if_changed()


def test_saving_does_not_undo_what_another_process_saved(tmp_path: Path) -> None:
    running, by_hand = ModelRegistry(tmp_path, CLASSIC), ModelRegistry(tmp_path, CLASSIC)
    by_hand.save([trained(ODD)], NOW)
    assert set(running.save([trained(PAYMENT)], NOW + 1).models) == {PAYMENT, ODD}


def test_a_refused_model_keeps_its_true_reason_when_others_are_trained(tmp_path: Path) -> None:
    registry = ModelRegistry(tmp_path, CLASSIC)
    altered, lost, folder = (SeriesKey(f"service-{i}", "lat") for i in range(3))
    registry.save([trained(key) for key in (PAYMENT, altered, lost, folder)], NOW)
    paths = {key: model_file(tmp_path, key) for key in (altered, lost, folder)}
    for path in paths.values():
        path.unlink()
    paths[altered].write_bytes(b"somebody else's")
    paths[folder].mkdir()
    registry = ModelRegistry(tmp_path, CLASSIC)
    reasons = dict(registry.load().refused)
    assert registry.save([trained(PAYMENT, seed=1)], NOW + 60).refused == reasons
    again = ModelRegistry(tmp_path, CLASSIC).load()
    assert again.refused == reasons
    assert "digest differs" in reasons[altered]
    assert paths[altered].read_bytes() == b"somebody else's"
    assert ModelRegistry(tmp_path, CLASSIC).load().models.keys() == {PAYMENT}


def test_an_outdated_model_is_still_outdated_after_others_were_trained(tmp_path: Path) -> None:
    ModelRegistry(tmp_path, CLASSIC).save([trained(PAYMENT), trained(ODD)], NOW)
    manifest = tmp_path / "manifest.json"
    content = json.loads(manifest.read_text())
    content["models"][0]["versions"] = {}
    manifest.write_text(json.dumps(content))
    registry = ModelRegistry(tmp_path, CLASSIC)
    registry.load()
    assert registry.save([trained(ODD, seed=1)], NOW + 60).outdated == {PAYMENT}
    assert ModelRegistry(tmp_path, CLASSIC).load().outdated == {PAYMENT}


def test_a_full_run_drops_what_it_does_not_keep_and_its_time_survives(tmp_path: Path) -> None:
    registry = ModelRegistry(tmp_path, CLASSIC)
    gone, kept = SeriesKey("gone", "lat"), SeriesKey("kept", "lat")
    registry.save([trained(PAYMENT), trained(gone), trained(kept)], NOW)
    assert registry.full_run_at is None
    assert set(registry.save([trained(PAYMENT)], NOW + 60, keep={PAYMENT, kept}).models) == {PAYMENT, kept}
    assert registry.full_run_at == NOW + 60
    registry.save([trained(PAYMENT)], NOW + 120)
    again = ModelRegistry(tmp_path, CLASSIC)
    assert set(again.load().models) == {PAYMENT, kept}
    assert again.current.refused == {}, "the dropped pair's file was left behind as a stranger"
    assert again.full_run_at == NOW + 60


def test_a_manifest_from_before_full_runs_were_noted_is_read(tmp_path: Path) -> None:
    ModelRegistry(tmp_path, CLASSIC).save([trained(PAYMENT)], NOW, keep={PAYMENT})
    manifest = tmp_path / "manifest.json"
    content = json.loads(manifest.read_text())
    del content["full_run_at"]
    manifest.write_text(json.dumps(content))
    registry = ModelRegistry(tmp_path, CLASSIC)
    assert PAYMENT in registry.load().models
    assert registry.full_run_at is None


def test_a_poll_during_the_swap_neither_waits_nor_loads_the_generation_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = ModelRegistry(tmp_path, CLASSIC)
    registry.save([trained(PAYMENT)], NOW)
    polled: list[bool] = []

    def polls_at_every_step(function: Callable[..., object]) -> Callable[..., object]:
        def step(*arguments: object) -> object:
            result = function(*arguments)
            polled.append(registry.reload_if_changed())
            return result

        return step

    with monkeypatch.context() as patched:
        for name in ("commit", "publish"):
            patched.setattr(Generations, name, polls_at_every_step(getattr(Generations, name)))
        saved = registry.save([trained(PAYMENT, seed=1)], NOW + 60)
    assert polled == [False, False]
    assert registry.current is saved


def test_a_manifest_that_did_not_change_is_not_parsed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ModelRegistry(tmp_path, CLASSIC).save([trained(PAYMENT)], NOW)
    running = ModelRegistry(tmp_path, CLASSIC)
    running.load()

    def parsed(folder: Path) -> object:
        raise AssertionError("it was parsed")

    with monkeypatch.context() as patched:
        patched.setattr("backend.detection.registry.read_manifest", parsed)
        assert not running.reload_if_changed()
    ModelRegistry(tmp_path, CLASSIC).save([trained(ODD)], NOW + 60)
    assert running.reload_if_changed()


def test_a_save_gives_way_between_two_models_and_the_old_generation_serves_meanwhile(tmp_path: Path) -> None:
    registry = ModelRegistry(tmp_path, CLASSIC)
    old = registry.save([trained(PAYMENT)], NOW).generation
    served: list[tuple[str | None, bool]] = []

    def poll() -> None:
        served.append((registry.current.generation, registry.reload_if_changed()))

    saved = registry.save([trained(PAYMENT, seed=1), trained(ODD)], NOW + 60, give_way=poll)
    assert served == [(old, False), (old, False)]
    assert registry.current.generation == saved.generation != old
