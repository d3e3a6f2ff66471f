"""Asks Prometheus: which services there are, what a metric is now, and what it was."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from prometheus_api_client import PrometheusConnect

from backend.metrics.instant import InstantAnswer, not_one_series, read_vector
from backend.metrics.prometheus_http import (
    NO_RETRY,
    PrometheusError,
    PrometheusGarbled,
    PrometheusGaveUp,
    PrometheusOverLimit,
    PrometheusRefused,
    PrometheusSession,
    PrometheusTimeout,
    PrometheusUnreachable,
)
from backend.settings import PrometheusSettings

__all__ = [
    "InstantAnswer",
    "PrometheusClient",
    "PrometheusError",
    "PrometheusGarbled",
    "PrometheusGaveUp",
    "PrometheusOverLimit",
    "PrometheusRefused",
    "PrometheusTimeout",
    "PrometheusUnreachable",
    "SeriesArrays",
    "joined",
]

_LOG = logging.getLogger(__name__)

_MOST_POINTS = 10_000
"""Points a series a request; Prometheus itself refuses more than 11,000."""
_FIRST_POINTS = 120
"""The first request of a range is small: it shows how many series the query answers."""
_MOST_CELLS = 2_000_000
"""Points of all series a request: what an answer may take of our memory (some 100 MB)."""
_QUERY_SHARE = 0.8
"""Part of the timeout that Prometheus gets for a query, so that it can still say that it gave up."""
SeriesArrays = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Timestamps in seconds, sorted and unique, and the values at them; both float64[n]."""


class PrometheusClient:
    """Safe for several threads; every call ends within about twice ``prometheus.timeout`` or raises.

    All methods raise PrometheusError.
    """

    def __init__(self, settings: PrometheusSettings) -> None:
        self._settings = settings
        self._label = settings.service_label
        self._query_timeout = f"{_QUERY_SHARE * settings.timeout:g}"
        self._session = PrometheusSession(settings)
        self._library = PrometheusConnect(url=settings.url, session=self._session, retry=NO_RETRY)

    def services(self, start: float, end: float) -> list[str]:
        """The values that the service label had between two times, sorted."""
        return self.label_values(self._label, start, end)

    def label_values(self, label: str, start: float, end: float) -> list[str]:
        """The values that a label had between two times, sorted.

        Our own series do not count: scraped by the same Prometheus, they would keep every service alive that
        they ever named.
        """
        others = f'{{{label}!="",__name__!~"canopy_.*"}}'
        params = {"match[]": others, "start": _seconds(start), "end": _seconds(end)}
        return self._names(self._library.get_label_values(label, params=params))

    def label_names(self) -> list[str]:
        """The labels that Prometheus knows: what to offer when no series has the service label."""
        return self._names(self._library.get_label_names())

    def instant(self, query: str, at: float) -> InstantAnswer:
        """Evaluate ``query`` at one time; it must answer an instant vector with one series a service."""
        return self.instant_parts([query], at)

    def instant_parts(self, queries: Sequence[str], at: float) -> InstantAnswer:
        """Evaluate one query that comes in parts, one after another, each for other services."""
        series: list[Any] = []
        warnings: dict[str, None] = {}
        for query in queries:
            series += self._vector(query, at)
            warnings |= dict.fromkeys(self._session.warnings)
        try:
            return read_vector(series, self._label, at, tuple(warnings))
        except (AttributeError, KeyError, TypeError):
            raise self._unexpected("an instant vector") from None

    def labels(self, query: str, at: float) -> dict[str, frozenset[str]]:
        """Service -> what stands in the other labels of its series at one time, whatever their values.

        A series with several labels counts as their values joined; empty ones and ``__name__`` say nothing.
        """
        found: dict[str, set[str]] = {}
        try:
            for series in self._vector(query, at):
                others = {**series["metric"]}
                service = others.pop(self._label, "")
                others.pop("__name__", None)
                words = " ".join(str(others[name]) for name in sorted(others) if others[name])
                if service and words:
                    found.setdefault(service, set()).add(words)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise self._unexpected("an instant vector") from None
        return {service: frozenset(words) for service, words in found.items()}

    def range(self, query: str, start: float, end: float, step: float) -> dict[str, SeriesArrays]:
        """Evaluate ``query`` at start, start + step, ... up to end; service -> its points.

        NaN and infinite values are left out, and so are services with more than one series (with a line
        in the log).
        """
        pieces: dict[str, list[SeriesArrays]] = {}
        for piece in self.range_pieces(query, start, end, step):
            for service, arrays in piece.items():
                pieces.setdefault(service, []).append(arrays)
        return {service: joined(parts) for service, parts in pieces.items()}

    def range_pieces(
        self, query: str, start: float, end: float, step: float
    ) -> Iterator[dict[str, SeriesArrays]]:
        """The same piece by piece, in order of time: smaller ones where Prometheus cannot answer so much."""
        first, last, stride = round(start * 1000), round(end * 1000), round(step * 1000)
        count = (last - first) // stride + 1
        done, points, most = 0, _FIRST_POINTS, _MOST_POINTS
        while done < count:
            points = min(points, count - done)
            begin = first + done * stride
            try:
                result = self._range_piece(query, begin, begin + (points - 1) * stride, stride)
            except (PrometheusRefused, PrometheusTimeout) as error:
                if not _may_be_smaller(error, points):
                    raise
                most = points = points // 2
                continue
            yield result
            done += points
            points = max(1, min(4 * points, most, _MOST_CELLS // max(1, len(result))))

    def close(self) -> None:
        """Close the connections kept alive."""
        self._session.close()

    def _vector(self, query: str, at: float) -> list[Any]:
        """The series of an instant vector, as they came."""
        form = {"query": query, "time": _seconds(at), "timeout": self._query_timeout}
        # Not through the library: this is the hot path, once a poll for each metric and all services.
        answer = self._session.request("POST", f"{self._settings.url}/api/v1/query", data=form)
        data = answer.envelope["data"]
        try:
            kind, result = data["resultType"], data["result"]
        except (KeyError, TypeError):
            raise self._unexpected("an instant vector") from None
        if kind != "vector":
            raise PrometheusGarbled(
                f"the query answers a {kind}; it must answer an instant vector with one "
                f"series a service, as `avg by ({self._label}) (...)` does"
            )
        if not isinstance(result, list):
            raise self._unexpected("an instant vector")
        return result

    def _range_piece(self, query: str, first: int, last: int, stride: int) -> dict[str, SeriesArrays]:
        """One request; times in milliseconds, both ends included."""
        # The library rounds its times to whole seconds; in `params` they stay what they are.
        exact = {"start": _seconds(first / 1000), "end": _seconds(last / 1000)}
        exact["timeout"] = self._query_timeout
        pieces = {}
        try:
            result = self._library.custom_query_range(
                query,
                datetime.fromtimestamp(first / 1000, UTC),
                datetime.fromtimestamp(last / 1000, UTC),
                _seconds(stride / 1000),
                params=exact,
            )
            for service, group in self._by_service(result).items():
                if not service or len(group) > 1:
                    _LOG.warning("left out of a range: %s", not_one_series(service, len(group), self._label))
                elif group[0] is not None:
                    pieces[service] = _finite_points(group[0])
        except (AttributeError, KeyError, TypeError, ValueError, IndexError):
            raise self._unexpected("a range vector") from None
        self._log_warnings()
        return pieces

    def _by_service(self, result: Any) -> dict[str, list[Any]]:
        """Service -> the points of each of its series (None where it has none, as a native histogram)."""
        if not isinstance(result, list):
            raise TypeError
        groups: dict[str, list[Any]] = {}
        for series in result:
            groups.setdefault(series["metric"].get(self._label, ""), []).append(series.get("values"))
        return groups

    def _names(self, names: Any) -> list[str]:
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise self._unexpected("a list of names")
        self._log_warnings()
        return sorted(names)

    def _log_warnings(self) -> None:
        for warning in self._session.warnings:
            _LOG.warning("%s answers in part: %s", self._session.address, warning)

    def _unexpected(self, form: str) -> PrometheusGarbled:
        return PrometheusGarbled(
            f"{self._session.address} answered JSON that is not {form}; "
            "check that prometheus.url points at Prometheus"
        )


def joined(parts: Sequence[SeriesArrays]) -> SeriesArrays:
    """The pieces of one series, in order of time, as one."""
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def _seconds(timestamp: float) -> str:
    """To the millisecond, which is what Prometheus keeps."""
    return f"{timestamp:.3f}"


def _may_be_smaller(error: PrometheusError, points: int) -> bool:
    """Whether to ask again for half as many points."""
    if isinstance(error, (PrometheusTimeout, PrometheusGaveUp)):
        # A small piece that came too late says that Prometheus is in trouble, not that we asked too much.
        return points > _FIRST_POINTS
    return points > 1 and isinstance(error, PrometheusOverLimit)


def _finite_points(values: list[Any]) -> SeriesArrays:
    """``[[1767225600, "0.5"], ...]`` -> timestamps and values, without NaN and infinities."""
    timestamps = np.array([point[0] for point in values], dtype=np.float64)
    numbers = np.array([float(point[1]) for point in values], dtype=np.float64)
    keep = np.isfinite(timestamps) & np.isfinite(numbers)
    return timestamps[keep], numbers[keep]
