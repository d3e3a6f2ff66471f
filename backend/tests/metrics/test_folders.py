"""Folders for services of any name."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.metrics.folders import folder_name, make_folder, service_name

NASTY = st.text(alphabet=st.sampled_from("ab./\\~%2E \n\0店é"), max_size=8) | st.sampled_from(
    ["", ".", "..", "...", "%", "%2E", "~", "a/../b", "x" * 300, "店" * 100, "x" * 299 + "y", ".service"]
)
SERVICES = NASTY | st.text(max_size=400)


@given(SERVICES)
def test_a_folder_is_safe_on_every_file_system(service: str) -> None:
    name = folder_name(service)
    assert 0 < len(name.encode()) <= 255
    assert name.isascii()
    assert name.isprintable()
    assert not name.startswith(".")
    assert not set(name) & set('/\\:*?"<>| ')


@given(st.lists(SERVICES, unique=True, max_size=20))
def test_different_services_have_different_folders(services: list[str]) -> None:
    assert len({folder_name(service) for service in services}) == len(services)


@given(SERVICES)
def test_a_folder_tells_its_service(service: str) -> None:
    with tempfile.TemporaryDirectory() as root:
        folder = make_folder(Path(root), service)
        assert make_folder(Path(root), service) == folder
        assert [path.name for path in Path(root).iterdir()] == [folder_name(service)]
        assert service_name(folder) == service


@given(NASTY.filter(lambda service: len(service) < 60))
def test_a_name_of_usual_length_needs_no_file_to_be_read_back(service: str) -> None:
    assert service_name(folder_name(service)) == service


@pytest.mark.parametrize("service", ["payment-service", "order_service.v2", "DB1"])
def test_a_plain_name_stays_as_it_is(service: str) -> None:
    assert folder_name(service) == service


def test_a_shortened_folder_that_lost_its_file_is_still_named(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, "x" * 300)
    (folder / ".service").unlink()
    assert service_name(folder) == folder.name
    assert service_name("%FF") == "%FF"
