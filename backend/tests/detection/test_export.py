"""Models for scikit-learn's users: the documented lines load one, and its scores are Canopy's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest
import yaml

from backend.cli import main
from backend.detection.arena import ForestArena
from backend.detection.export import NotExported, export_model
from backend.detection.features import features_of, windows_of
from backend.detection.registry import ModelRegistry
from backend.detection.training import TrainedModel
from backend.detection.views import VIEWS
from backend.metrics.readings import ExpectedRange, SeriesKey
from backend.tests.detection.trained import CLASSIC, NOW, PAYMENT, trained

ROOT = Path(__file__).resolve().parents[3]


def test_the_documented_lines_load_an_exported_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ModelRegistry(tmp_path / "models", CLASSIC).save([trained(PAYMENT)], NOW)
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text(yaml.safe_dump({"prometheus": {"url": "http://127.0.0.1:9"}}))
    text = (ROOT / "docs/operations.md").read_text()
    (command,) = re.findall(r"^canopy (export-model .*)$", text, flags=re.MULTILINE)
    main(command.split())
    assert capsys.readouterr().out == "payment-lat.joblib\n"
    (lines,) = [
        code for code in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL) if "joblib" in code
    ]
    done = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, timeout=120, check=True
    )
    assert re.fullmatch(r"\[0\.[789]\d*\]\n\[-1\]\n", done.stdout)


def test_scores_and_verdicts_are_canopys(tmp_path: Path) -> None:
    models = ModelRegistry(tmp_path, CLASSIC).save([trained(PAYMENT, count=400)], NOW)
    export_model(tmp_path, PAYMENT, tmp_path / "out.joblib")
    forest = joblib.load(tmp_path / "out.joblib")
    values = np.random.default_rng(3).gamma(2, 12, 200)
    rows = features_of(windows_of(15.0 * np.arange(200, dtype=np.float64), values, 300))
    ours = models.batch.score(np.zeros(200, dtype=np.intp), rows)
    np.testing.assert_array_equal(-forest.score_samples(rows), ours)
    np.testing.assert_array_equal(forest.predict(rows) == -1, ours > models.batch.verdict_thresholds[0])


def test_a_view_forest_says_what_it_is_and_what_to_set(tmp_path: Path) -> None:
    arena = ForestArena(15.0)
    model = TrainedModel(
        key=PAYMENT,
        forest=arena.model(arena.add(1)),
        usual=ExpectedRange(0.0, 1.0),
        samples=60,
        start=NOW - 900,
        end=NOW,
        trained_at=NOW,
        contamination=0.0,
        detector="view_forest",
        features=VIEWS,
    )
    ModelRegistry(tmp_path, "view_forest").save([model], NOW)
    with pytest.raises(NotExported, match=r"view forest.*detection\.detector: isolation_forest"):
        export_model(tmp_path, PAYMENT, tmp_path / "out.joblib")
    assert not (tmp_path / "out.joblib").exists()


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (SeriesKey("payment-service", "cpu"), "of this service there are: lat"),
        (SeriesKey("nope", "lat"), "there are models of: payment-service"),
    ],
)
def test_a_model_that_is_not_there_is_answered_with_those_that_are(
    tmp_path: Path, key: SeriesKey, words: str
) -> None:
    ModelRegistry(tmp_path, CLASSIC).save([trained(PAYMENT)], NOW)
    with pytest.raises(NotExported, match=words):
        export_model(tmp_path, key, tmp_path / "out.joblib")


def test_an_altered_file_is_not_opened(tmp_path: Path) -> None:
    ModelRegistry(tmp_path, CLASSIC).save([trained(PAYMENT)], NOW)
    path = tmp_path / "payment-service" / "lat.pkl"
    path.unlink()
    path.write_bytes(b"somebody else's")
    with pytest.raises(NotExported, match="digest differs"):
        export_model(tmp_path, PAYMENT, tmp_path / "out.joblib")


def test_a_folder_without_models_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NotExported, match="there is none at all"):
        export_model(tmp_path, PAYMENT, tmp_path / "out.joblib")
