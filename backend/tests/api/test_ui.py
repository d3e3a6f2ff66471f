"""The built UI as it is served: packed for who can unpack it, kept for ever where its name is a digest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from fastapi import FastAPI

from backend.api import ui
from backend.tests.api.conftest import served

SCRIPT = "console.log('ä');\n" * 200


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>page", encoding="utf-8")
    (tmp_path / "favicon.svg").write_text("<svg/>", encoding="utf-8")
    (tmp_path / "assets/first-1a2b.js").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "assets/small-3c4d.css").write_text("a{}", encoding="utf-8")
    app = FastAPI()
    app.include_router(ui.router(tmp_path))
    with served(app) as url:
        yield url


def get(url: str, encoding: str = "gzip, deflate, br") -> requests.Response:
    return requests.get(url, headers={"Accept-Encoding": encoding}, timeout=30)


def test_a_script_is_sent_packed_and_is_the_same_unpacked(address: str) -> None:
    packed, plain = (get(f"{address}/ui/assets/first-1a2b.js", encoding) for encoding in ("gzip", "identity"))
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) < len(plain.content) / 10
    assert packed.content == plain.content == SCRIPT.encode()
    for answer in (packed, plain):
        assert answer.headers["Content-Type"].startswith("text/javascript")
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "Content-Encoding" not in plain.headers


def test_what_is_small_is_sent_as_it_is(address: str) -> None:
    answer = get(f"{address}/ui/assets/small-3c4d.css")
    assert (answer.text, "Content-Encoding" in answer.headers) == ("a{}", False)


@pytest.mark.parametrize("path", ["", "incidents", "services/a%2Fb", "models/backtest"])
def test_a_path_that_is_no_file_is_a_page_asked_for_anew_each_time(address: str, path: str) -> None:
    answer = get(f"{address}/ui/{path}")
    assert (answer.status_code, answer.text) == (200, "<!doctype html>page")
    assert answer.headers["Cache-Control"] == "no-cache"


def test_an_asset_of_an_older_build_is_not_answered_with_a_page(address: str) -> None:
    answer = get(f"{address}/ui/assets/first-0000.js")
    assert (answer.status_code, "reload" in answer.text) == (404, True)


def test_nothing_outside_the_folder_is_served(address: str) -> None:
    answer = get(f"{address}/ui/..%2f..%2f..%2fetc%2fpasswd")
    assert "root:" not in answer.text
