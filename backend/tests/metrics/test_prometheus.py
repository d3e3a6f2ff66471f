"""The Prometheus client against a real Prometheus, through a proxy that breaks the answers."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from backend.metrics.prometheus import (
    PrometheusClient,
    PrometheusError,
    PrometheusGarbled,
    PrometheusGaveUp,
    PrometheusRefused,
    PrometheusTimeout,
    PrometheusUnreachable,
)
from backend.metrics.readings import Sample
from backend.tests.fault_proxy import Fault, FaultProxy
from backend.tests.metrics.conftest import COUNT, LONG_SERVICE, ODD_SERVICE, START, STEP, client_for
from backend.tests.real import RealPrometheus, free_port

pytestmark = pytest.mark.real

END = float(START + (COUNT - 1) * STEP)
ANSWERS_TOO_LATE = {Fault.HANG: PrometheusTimeout, Fault.DRIP: PrometheusTimeout}
BREAKS: dict[Fault, type[PrometheusError]] = {
    Fault.CUT: PrometheusUnreachable,
    Fault.HTTP_500: PrometheusRefused,
    Fault.HTTP_503: PrometheusRefused,
    Fault.HTTP_504: PrometheusGaveUp,
    Fault.REDIRECT: PrometheusRefused,
    Fault.STATUS_ERROR: PrometheusRefused,
    Fault.HTML: PrometheusGarbled,
    Fault.GARBAGE: PrometheusGarbled,
    Fault.EMPTY: PrometheusGarbled,
    Fault.OTHER_JSON: PrometheusGarbled,
    Fault.TRUNCATED_JSON: PrometheusGarbled,
    Fault.BROKEN_GZIP: PrometheusGarbled,
} | ANSWERS_TOO_LATE
CALLS: dict[str, Callable[[PrometheusClient], object]] = {
    "services": lambda client: client.services(START, END),
    "label_names": lambda client: client.label_names(),
    "instant": lambda client: client.instant("load", START),
    "labels": lambda client: client.labels("load", START),
    "range": lambda client: client.range("load", START, END, STEP),
}


def vector(*series: tuple[dict[str, str], list[Any]]) -> bytes:
    result = [{"metric": labels, "value": value} for labels, value in series]
    return orjson.dumps({"status": "success", "data": {"resultType": "vector", "result": result}})


def test_services_with_any_characters_are_found(client: PrometheusClient) -> None:
    assert client.services(START, END) == sorted(["alone", "shop", ODD_SERVICE, LONG_SERVICE])
    assert "service" in client.label_names()


def test_one_query_answers_every_service(client: PrometheusClient, proxy: FaultProxy) -> None:
    answer = client.instant("load", START + 10 * STEP)
    sample = Sample(START + 10 * STEP, 10.0)
    assert answer.samples == {"shop": sample, ODD_SERVICE: sample, LONG_SERVICE: sample}
    assert (answer.rejected, answer.warnings) == ({}, ())
    assert len(proxy.seen) == 1
    assert "gzip" in proxy.seen[0].headers["Accept-Encoding"]


def test_the_other_labels_tell_what_a_service_runs(client: PrometheusClient, proxy: FaultProxy) -> None:
    assert client.labels("twice", START) == {"shop": {"1", "2"}, "alone": {"1"}}
    proxy.fault = Fault.REPLACED
    series = [
        (
            {"service": "shop", "__name__": "target_info", "version": "1.4", "image": "", "build": "b7"},
            [START, "NaN"],
        ),
        ({"service": "shop"}, [START, "1"]),
        ({"version": "9"}, [START, "1"]),
        *(({"service": f"s{i}", "version": "1"}, [START, "1"]) for i in range(3000)),
    ]
    proxy.replacement = vector(*series)
    found = client.labels("info", START)
    assert found["shop"] == {"b7 1.4"}, "joined in the order of their names, the empty ones left out"
    assert len(found) == 3001


def test_a_service_with_two_series_gets_neither(client: PrometheusClient) -> None:
    answer = client.instant("twice", START)
    assert answer.samples == {"alone": Sample(START, 7.0)}
    assert "2 series for one service (shop)" in answer.rejected["shop"]
    assert "by (service)" in answer.rejected["shop"]


def test_a_series_without_a_service_is_named_as_such(client: PrometheusClient) -> None:
    answer = client.instant("nameless", START)
    assert answer.samples == {}
    assert "1 series without the label 'service'" in answer.rejected[""]


def test_another_label_may_name_the_services(prometheus: RealPrometheus) -> None:
    client = client_for(prometheus.url, service_label="pod")
    assert set(client.instant("nameless", START).samples) == {"p"}
    assert client.services(START, END) == ["1", "2", "p"]
    client.close()


@pytest.mark.parametrize(("offset", "said"), [(1, "NaN"), (3, "+Inf"), (5, "-Inf")])
def test_what_is_no_number_is_no_sample(client: PrometheusClient, offset: int, said: str) -> None:
    answer = client.instant("holes", START + offset * STEP)
    assert answer.samples == {}
    assert said in answer.rejected["shop"]


def test_no_series_at_all_is_an_empty_answer(client: PrometheusClient) -> None:
    answer = client.instant("not_scraped", START)
    assert (answer.samples, answer.rejected) == ({}, {})
    assert client.range("not_scraped", START, END, STEP) == {}


@pytest.mark.parametrize(("query", "found"), [("1", "scalar"), ("load[1m]", "matrix"), ('"x"', "string")])
def test_a_query_that_answers_no_vector_is_told_so(client: PrometheusClient, query: str, found: str) -> None:
    with pytest.raises(PrometheusGarbled, match=rf"answers a {found}; it must answer an instant vector"):
        client.instant(query, START)


def test_a_query_that_is_no_promql_is_refused_with_prometheus_own_words(client: PrometheusClient) -> None:
    with pytest.raises(PrometheusRefused, match=r"HTTP 400.*unclosed left parenthesis.*check the query"):
        client.instant("sum by (service) (", START)


@pytest.mark.parametrize("kind", ["timeout", "canceled"])
@pytest.mark.parametrize("call", CALLS)
def test_a_query_that_prometheus_gives_up_is_that_querys_own_failure(
    client: PrometheusClient, proxy: FaultProxy, call: str, kind: str
) -> None:
    proxy.fault = Fault.REPLACED
    proxy.replacement = orjson.dumps({"status": "error", "errorType": kind, "error": "query timed out"})
    with pytest.raises(PrometheusGaveUp, match="query timed out") as caught:
        CALLS[call](client)
    assert isinstance(caught.value, PrometheusRefused), "it was answered: Prometheus is there"


@pytest.mark.parametrize("said", ["context deadline exceeded", "timeout exceeded while fetching data"])
def test_others_that_speak_its_api_give_a_query_up_in_their_own_words(
    client: PrometheusClient, proxy: FaultProxy, said: str
) -> None:
    proxy.fault = Fault.REPLACED
    proxy.replacement = orjson.dumps({"status": "error", "errorType": "execution", "error": said})
    with pytest.raises(PrometheusGaveUp, match=said):
        client.instant("load", START)


def test_prometheus_gets_less_time_than_we_wait_so_that_it_can_still_answer(
    client: PrometheusClient, proxy: FaultProxy
) -> None:
    client.instant("load", START)
    client.range("load", START, START, STEP)
    assert b"timeout=4" in proxy.seen[0].body
    assert "timeout=4" in proxy.seen[1].path


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("fault", BREAKS, ids=str)
def test_every_broken_answer_has_its_error(proxy: FaultProxy, fault: Fault, call: str) -> None:
    client = client_for(proxy.url, timeout="300ms" if fault in ANSWERS_TOO_LATE else "5s")
    proxy.fault = fault
    with pytest.raises(BREAKS[fault]) as caught:
        CALLS[call](client)
    assert proxy.url in caught.value.detail
    assert "s3cret" not in caught.value.detail
    assert len(caught.value.detail) < 600
    # The next answer is whole: the error has left nothing behind.
    proxy.fault = Fault.PASS
    assert client.instant("load", START).samples["shop"].value == 0
    client.close()


def test_an_answer_that_is_merely_slow_is_taken(client: PrometheusClient, proxy: FaultProxy) -> None:
    proxy.fault = Fault.DELAY
    assert client.instant("load", START).samples["shop"].value == 0


def test_nothing_is_tried_twice(client: PrometheusClient, proxy: FaultProxy) -> None:
    proxy.fault = Fault.HTTP_503
    for call in CALLS.values():
        proxy.seen.clear()
        with pytest.raises(PrometheusRefused):
            call(client)
        assert len(proxy.seen) == 1


def test_what_came_instead_is_quoted_without_control_characters(
    client: PrometheusClient, proxy: FaultProxy
) -> None:
    proxy.fault = Fault.HTML
    with pytest.raises(PrometheusGarbled, match="Please log in"):
        client.instant("load", START)
    proxy.fault = Fault.GARBAGE
    with pytest.raises(PrometheusGarbled) as caught:
        client.instant("load", START)
    assert caught.value.detail.isprintable()


def test_nobody_listening_is_said_plainly_and_without_the_password() -> None:
    port = free_port()
    client = client_for(f"http://canopy:s3cret@127.0.0.1:{port}/prom")
    for call in CALLS.values():
        with pytest.raises(PrometheusUnreachable) as caught:
            call(client)
        detail = caught.value.detail
        assert detail.startswith(f"http://127.0.0.1:{port}/prom cannot be reached: Connection refused")
        assert "s3cret" not in detail
    client.close()


def test_a_host_that_does_not_exist_is_unreachable() -> None:
    client = client_for("http://prometheus.invalid:9090")
    with pytest.raises(PrometheusUnreachable, match=r"http://prometheus\.invalid:9090 cannot be reached"):
        client.instant("load", START)
    client.close()


def test_a_partial_answer_is_returned_with_its_warnings(
    client: PrometheusClient, proxy: FaultProxy, caplog: pytest.LogCaptureFixture
) -> None:
    whole = orjson.loads(vector(({"service": "shop"}, [START, "1"])))
    proxy.fault = Fault.REPLACED
    proxy.replacement = orjson.dumps(whole | {"warnings": ["store eu-2 is down"]})
    answer = client.instant("load", START)
    assert answer.warnings == ("store eu-2 is down",)
    assert set(answer.samples) == {"shop"}
    proxy.replacement = b'{"status":"success","data":["shop"],"warnings":["store eu-2 is down"]}'
    with caplog.at_level(logging.WARNING):
        assert client.services(START, END) == ["shop"]
    assert "store eu-2 is down" in caplog.text
    proxy.replacement = vector(({"service": "shop"}, [START, "1"]))
    assert client.instant("load", START).warnings == ()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([START, "stale"], "not a sample"),
        ([START], "not a sample"),
        (None, "native histogram"),
        ([START, None], "not a sample"),
        (["soon", "1"], "not a sample"),
        ([START + 3600, "1"], "3600 s in the future"),
    ],
)
def test_one_odd_sample_does_not_cost_the_others(
    client: PrometheusClient, proxy: FaultProxy, value: Any, said: str
) -> None:
    proxy.fault = Fault.REPLACED
    proxy.replacement = vector(({"service": "odd"}, value), ({"service": "shop"}, [START, "1"]))
    answer = client.instant("load", START)
    assert set(answer.samples) == {"shop"}
    assert said in answer.rejected["odd"]


@pytest.mark.parametrize(
    "data",
    [
        b"null",
        b"[]",
        b"7",
        b'{"resultType":"vector"}',
        b'{"resultType":"vector","result":[1]}',
        b'{"resultType":"vector","result":{}}',
        b'{"resultType":"vector","result":[{"metric":[]}]}',
    ],
)
def test_json_of_another_form_is_garbled(client: PrometheusClient, proxy: FaultProxy, data: bytes) -> None:
    proxy.fault = Fault.REPLACED
    proxy.replacement = b'{"status":"success","data":' + data + b"}"
    for name in ("instant", "range", "labels"):
        with pytest.raises(PrometheusGarbled):
            CALLS[name](client)


def test_a_range_comes_in_pieces_without_seams(client: PrometheusClient, proxy: FaultProxy) -> None:
    series = client.range("load", START, END, STEP)
    assert set(series) == {"shop", ODD_SERVICE, LONG_SERVICE}
    for timestamps, values in series.values():
        assert timestamps.tolist() == [START + i * STEP for i in range(COUNT)]
        assert values.tolist() == list(range(COUNT))
    # 6,000 points where Prometheus allows 2,500 samples a query: it refused, and was asked for less.
    assert len(proxy.seen) > 3


def test_a_range_ends_where_it_was_told_to(client: PrometheusClient) -> None:
    timestamps, _ = client.range("load", START + STEP, START + 3.9 * STEP, STEP)["shop"]
    assert timestamps.tolist() == [START + STEP, START + 2 * STEP, START + 3 * STEP]
    assert client.range("load", START + STEP, START, STEP) == {}


def test_a_range_leaves_out_what_is_no_number(client: PrometheusClient) -> None:
    timestamps, values = client.range("holes", START, START + 6 * STEP, STEP)["shop"]
    assert values.tolist() == [1, 3, 5, 7]
    assert timestamps.tolist() == [START, START + 2 * STEP, START + 4 * STEP, START + 6 * STEP]


def test_a_range_leaves_out_a_service_with_two_series(
    client: PrometheusClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert set(client.range("twice", START, START, STEP)) == {"alone"}
    assert "2 series for one service (shop)" in caplog.text


def test_a_range_too_big_at_a_single_point_is_refused(prometheus: RealPrometheus) -> None:
    client = client_for(prometheus.url)
    with pytest.raises(PrometheusRefused, match="too many samples"):
        client.range("sum by (service) (sum_over_time(load[8h:1s]))", END - STEP, END, STEP)
    client.close()


def test_a_restart_of_prometheus_costs_no_second_poll(tmp_path: Path) -> None:
    server = RealPrometheus(tmp_path)
    server.add_history(f'# TYPE load gauge\nload{{service="shop"}} 1 {START}')
    client = client_for(server.url)
    for _ in range(2):
        with server:
            assert set(client.instant("load", START).samples) == {"shop"}
    client.close()


def test_the_module_loads_neither_pandas_nor_matplotlib() -> None:
    code = "import sys, backend.metrics.prometheus; print({'pandas', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
