"""What goes out with each request to Prometheus: credentials, headers and trust."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
import requests

from backend.metrics.prometheus import PrometheusError, PrometheusUnreachable
from backend.tests.fault_proxy import FaultProxy
from backend.tests.metrics.conftest import START, client_for
from backend.tests.real import RealPrometheus

pytestmark = pytest.mark.real

ACCEPTED = "net_conntrack_listener_conn_accepted_total"


def test_passwords_and_tokens_are_read_anew_for_each_request(proxy: FaultProxy, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    basic = client_for(proxy.url, basic_auth={"username": "canopy", "password_file": str(secret)})
    bearer = client_for(proxy.url, bearer_token_file=str(secret), headers={"X-Scope-OrgID": "shop"})
    for word in ("first", "second"):
        secret.write_text(f"{word}\n")
        basic.label_names()
        expected = base64.b64encode(f"canopy:{word}".encode()).decode()
        assert proxy.seen[-1].headers["Authorization"] == f"Basic {expected}"
        bearer.instant("load", START)
        assert proxy.seen[-1].headers["Authorization"] == f"Bearer {word}"
        assert proxy.seen[-1].headers["X-Scope-OrgID"] == "shop"
    for content in ("", "one\nInjected: two", "zürich"):
        secret.write_text(content)
        with pytest.raises(PrometheusUnreachable, match=r"prometheus\.bearer_token_file.*must hold one line"):
            bearer.instant("load", START)
    secret.unlink()
    with pytest.raises(PrometheusUnreachable, match=r"basic_auth\.password_file.*No such file"):
        basic.instant("load", START)
    basic.close()
    bearer.close()


def test_headers_may_hold_any_text_but_no_second_line(proxy: FaultProxy) -> None:
    client = client_for(proxy.url, headers={"X-Team": "zürich 店"})
    client.label_names()
    assert proxy.seen[-1].headers["X-Team"].encode("latin-1").decode() == "zürich 店"
    client.close()
    client = client_for(proxy.url, headers={"X-Team": "one\nInjected: two"})
    with pytest.raises(PrometheusUnreachable):
        client.label_names()
    client.close()


def test_a_ca_file_that_is_missing_is_named(tmp_path: Path) -> None:
    client = client_for("https://127.0.0.1:1", tls_ca_file=str(tmp_path / "ca.pem"))
    with pytest.raises(PrometheusError, match=r"ca\.pem"):
        client.instant("load", START)
    client.close()


def test_one_connection_is_kept_for_all_polls(prometheus: RealPrometheus) -> None:
    client = client_for(prometheus.url)
    with requests.Session() as watching:

        def accepted() -> int:
            text = watching.get(f"{prometheus.url}/metrics", timeout=5).text
            (line,) = [line for line in text.splitlines() if line.startswith(ACCEPTED)]
            return int(line.split()[-1])

        before = accepted()
        for _ in range(5):
            client.instant("load", START)
            client.services(START, START + 1.0)
        assert accepted() - before == 1
    client.close()
