"""What config.yaml and the environment may say, and the one line that each mistake gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.settings import Settings, SettingsError, load_settings, parse_duration

ROOT = Path(__file__).resolve().parents[2]


def problems(tmp_path: Path, content: str | bytes, **environ: str) -> list[str]:
    """The lines with which the configuration is refused."""
    config = tmp_path / "config.yaml"
    config.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SettingsError) as refused:
        load_settings(config, environ)
    assert all("\n" not in line for line in refused.value.problems)
    return refused.value.problems


def loaded(tmp_path: Path, content: str, **environ: str) -> Settings:
    config = tmp_path / "config.yaml"
    config.write_text(content)
    return load_settings(config, environ)


def test_the_shipped_file_says_the_defaults() -> None:
    assert load_settings(ROOT / "config.yaml", {}) == Settings()


def test_without_a_file_the_defaults_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings(environ={}) == Settings()


def test_the_file_in_the_working_directory_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text("poll: {interval: 30s}")
    assert load_settings(environ={}).poll.interval == 30.0


@pytest.mark.parametrize("content", ["", "# nothing\n", "poll:\n  # all commented out\n"])
def test_what_is_left_out_keeps_its_default(tmp_path: Path, content: str) -> None:
    assert loaded(tmp_path, content) == Settings()


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("alarms: {}", "alarms: unknown key; allowed: artefacts, detection, incidents, logs, metrics, poll,"),
        ("poll: {intervall: 15s}", "poll.intervall: unknown key (did you mean interval?); allowed: interval"),
        ("metrics: {lat: {hihg: 5}}", "metrics.lat.hihg: unknown key (did you mean high?)"),
        ("prometheus: {tls_ca: x}", "prometheus.tls_ca: unknown key (did you mean tls_ca_file?)"),
        ("logs: {sources: [{path: x, pth: x}]}", "logs.sources.0.pth: unknown key (did you mean path?)"),
        ("prometheus: {basic_auth: {username: x}}", "prometheus.basic_auth.password_file: missing; it has"),
        ("server: {port: 99999}", "server.port: found 99999; allowed: less than or equal to 65535"),
        ("server: {port: many}", "server.port: found 'many'; allowed: a valid integer"),
        ("poll: {interval: soon}", "poll.interval: found 'soon'; allowed: a Prometheus duration such as 15s"),
        ("poll: {interval: 0s}", "poll.interval: found '0s'; allowed: a Prometheus duration"),
        ("poll: {interval: 15}", "poll.interval: found 15; allowed: a Prometheus duration"),
        ("poll: {interval: 99999999999999999999999d}", "poll.interval: found '9999"),
        ("poll: [15s]", "poll: found a list; allowed:"),
        ("preset: null", "preset: found None; allowed: 'spring-boot', 'node-exporter'"),
        ("preset: rails", "preset: found 'rails'; allowed: 'spring-boot', 'node-exporter'"),
        (
            "prometheus: {url: prom}",
            "prometheus.url: found 'prom'; allowed: an address that starts with http",
        ),
        ("storage: {max_size: 10}", "storage.max_size: found 10; allowed: a size such as 500MB or 10GB"),
        ("storage: {max_size: 0GB}", "storage.max_size: found '0GB'; allowed: a size such as"),
        ("storage: {keep: long}", "storage.keep: found 'long'; allowed: a Prometheus duration"),
        ("storage: {database: /x}", "storage.database: found '/x'; allowed: sqlite:///PATH"),
        ("metrics: {a/b: {}}", "metrics.a/b: found 'a/b'; allowed: a letter, then up to 63"),
        ("metrics: {lat: {high: .nan}}", "metrics.lat.high: found nan; allowed: a finite number"),
        ("training: {contamination: 7}", "training.contamination: found 7"),
        ("incidents: {auto_resolve_after: 0}", "incidents.auto_resolve_after: found 0"),
        ("logs: {before: 2d}", "logs.before: found '2d'; allowed: at most 1d"),
        ("logs: {after: 25h}", "logs.after: found '25h'; allowed: at most 1d"),
        ("detection: {sensitivity: loud}", "detection.sensitivity: found 'loud'; allowed: low, medium, high"),
        ("detection: {sensitivity: 1.5}", "detection.sensitivity: found 1.5; allowed: low, medium, high"),
        ("detection: {sensitivity: true}", "detection.sensitivity: found True; allowed: low, medium, high"),
        ("metrics: {lat: {sensitivity: .nan}}", "metrics.lat.sensitivity: found nan; allowed: low, medium"),
        ("detection: {timezone: Mars/Base}", "detection.timezone: found 'Mars/Base'; allowed: the name of"),
        ("detection: {timezone: Europe}", "detection.timezone: found 'Europe'; allowed: the name of a"),
        ("detection: {timezone: ../etc}", "detection.timezone: found '../etc'; allowed: the name of a"),
        ("detection: {detector: lstm}", "detection.detector: found 'lstm'; allowed: 'view_forest'"),
        ("1: x", "1: "),
    ],
)
def test_a_mistake_gets_one_line_with_its_key(tmp_path: Path, content: str, line: str) -> None:
    (said,) = problems(tmp_path, content)
    assert said.startswith(line)


def test_every_mistake_is_said_at_once(tmp_path: Path) -> None:
    said = problems(tmp_path, "alarms: {}\npoll: {interval: soon}", CANOPY_SERVER__PORT="many")
    assert [line.partition(":")[0] for line in said] == ["server.port", "poll.interval", "alarms"]


def test_more_samples_than_the_window_holds_are_refused(tmp_path: Path) -> None:
    (line,) = problems(tmp_path, "training: {window: 10m}\npoll: {interval: 15s}")
    assert line.startswith("training.min_samples: found 50; allowed: up to 40")
    assert "training.window" in line
    assert "poll.interval" in line
    assert loaded(tmp_path, "training: {window: 10m, min_samples: 40}").training.min_samples == 40


def test_readings_that_training_needs_must_be_kept(tmp_path: Path) -> None:
    (line,) = problems(tmp_path, "storage: {keep: 1d}")
    assert line.startswith(
        "storage.keep: found 86400 s; allowed: training.window (172800 s) or more, or null"
    )
    storage = loaded(tmp_path, "storage: {keep: null, max_size: 500MB}").storage
    assert (storage.keep, storage.max_size) == (None, 500_000_000)


@pytest.mark.parametrize(
    "content",
    [
        "prometheus: {url: 'htps://admin:hunter2@prom'}",
        "prometheus: {url: 'htps://admin:hun@ter2/hunter2@prom'}",
        "prometheus: {url: 'admin:hunter2@prom:9090'}",
        "prometheus: 'http://admin:hunter2@prom'",
        "prometheus: [{url: 'http://admin:hunter2@prom'}]",
        "prometheus: {headers: 'Authorization: hunter2'}",
        "prometheus: {headers: {Authorization: [hunter2]}}",
        "prometheus: {basic_auth: 'admin:hunter2'}",
        "prometheus: {basic_auth: {password: hunter2}}",
        "storage: {database: 'postgres://admin:hunter2@db/canopy'}",
        "prometheus: {url: 'http://admin:hunter2@prom'",
        "prometheus: {url: 'http://admin:hunter2@prom', url: 'http://admin:hunter2@prom'}",
    ],
)
def test_no_error_line_shows_a_password(tmp_path: Path, content: str) -> None:
    said = "\n".join(problems(tmp_path, content))
    assert "prometheus" in said or "storage" in said or "YAML" in said
    assert "hunter2" not in said
    assert "admin" not in said


def test_a_url_without_its_password_is_still_shown(tmp_path: Path) -> None:
    (line,) = problems(tmp_path, "prometheus: {url: 'htps://admin:hunter2@prom:9090'}")
    assert line.startswith("prometheus.url: found 'htps://***@prom:9090'; allowed:")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("poll: {interval: 15s", "line 1, column"),
        ("poll: {interval: 1s}\npoll: {interval: 2s}", "the key 'poll' stands twice (line 2, column 1)"),
        ("poll: {interval: 1s, interval: 2s}", "the key 'interval' stands twice"),
        (b"\xff\xfe\x00binary", "YAML"),
        ("poll: 2026-13-45", "month"),
        ("[" * 5000, "YAML"),
    ],
)
def test_what_is_not_yaml_says_where(tmp_path: Path, content: str | bytes, words: str) -> None:
    (line,) = problems(tmp_path, content)
    assert line.startswith(f"{tmp_path}/config.yaml: not valid YAML: ")
    assert words in line


@pytest.mark.parametrize(("content", "kind"), [("- a list", "list"), ("words", "str"), ("7", "int")])
def test_yaml_that_is_no_mapping_is_refused(tmp_path: Path, content: str, kind: str) -> None:
    assert problems(tmp_path, content) == [
        f"{tmp_path}/config.yaml: found {kind}; allowed: a mapping of sections"
    ]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "gone.yaml", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(SettingsError, match=rf"^{path}: cannot be read: {reason}"):
            load_settings(path, {})


class TestEnvironment:
    def test_it_overrides_the_file(self, tmp_path: Path) -> None:
        settings = loaded(
            tmp_path,
            "poll: {interval: 15s}\nserver: {port: 1}",
            CANOPY_POLL__INTERVAL="30s",
            CANOPY_PRESET="kubernetes",
            CANOPY_METRICS__LAT__HIGH="500",
            CANOPY_PROMETHEUS__HEADERS="{X-Scope-OrgID: team-a}",
        )
        assert (settings.poll.interval, settings.server.port) == (30.0, 1)
        assert settings.preset == "kubernetes"
        assert settings.metrics["lat"].high == 500
        assert settings.prometheus.headers == {"X-Scope-OrgID": "team-a"}

    def test_what_is_not_ours_is_left_alone(self, tmp_path: Path) -> None:
        assert loaded(tmp_path, "", PATH="x", POLL__INTERVAL="1s", CANOPY_HOME="x") == Settings()

    def test_an_unknown_key_is_refused(self, tmp_path: Path) -> None:
        (line,) = problems(tmp_path, "", CANOPY_POLL__INTERVALL="15s")
        assert line.startswith("poll.intervall: unknown key (did you mean interval?)")

    def test_a_key_below_a_plain_value_is_refused(self, tmp_path: Path) -> None:
        (line,) = problems(tmp_path, "", CANOPY_PRESET__NAME="x", CANOPY_PRESET="none")
        assert line == "CANOPY_PRESET__NAME: preset has no keys of its own"

    def test_a_value_that_is_no_yaml_is_text(self, tmp_path: Path) -> None:
        (line,) = problems(tmp_path, "", CANOPY_POLL__INTERVAL="{")
        assert line.startswith("poll.interval: found '{'; allowed:")


@pytest.mark.parametrize(
    ("text", "seconds"), [("500ms", 0.5), ("15s", 15), ("1h30m", 5400), ("2d", 172800), ("1w", 604800)]
)
def test_a_duration_is_read_as_prometheus_reads_it(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "15", "s", "-1s", "1.5h", "15 s", "1h and", "1h2x", "0s", 15, None])
def test_anything_else_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match="Prometheus duration"):
        parse_duration(text)
