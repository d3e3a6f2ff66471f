"""What a part of the benchmarks found -> the Markdown that README.md shows of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Found = Mapping[str, Any]


def ticks(rows: list[dict[str, Any]]) -> str:
    """One poll's work, by size and detector."""
    naive = rows[0]["naive"]
    totals = [
        [
            f"{row['pairs']:,}",
            f"{row['tick_cpu_seconds_naive']:,.0f}",
            *[
                f"{1e3 * row[f'tick_cpu_seconds_{name}']:,.0f} ({row[f'tick_ratio_{name}']:,.0f}×)"
                for name in ("view_forest", "classic")
            ],
        ]
        for row in rows
    ]
    parts = [
        [f"{row['pairs']:,}", name.replace("_", " "), *[say(row[name]) for say in _OF_A_DETECTOR.values()]]
        for row in rows
        for name in ("view_forest", "classic")
    ]
    return "\n".join(
        [
            f"CPU of a tick: the median of {rows[0]['polls']} polls and their share of moving readings into "
            f"the CSVs. The naive build: {naive['models']} distinct models, {1e3 * naive['tick']:.1f} ms a "
            "pair, scaled.",
            "",
            _table(["pairs", "naive, CPU s", "view forest, CPU ms", "classic, CPU ms"], totals),
            "",
            _table(["pairs", "detector", *_OF_A_DETECTOR], parts),
        ]
    )


_OF_A_DETECTOR: dict[str, Callable[[Found], str]] = {
    "score, µs a pair": lambda d: f"{1e6 * d['parts']['score']:.1f} ({d['score_ratio']:,.0f}×)",
    "of the streaming limit": lambda d: f"{100 * d['score_of_limit']:.0f} %",
    "views, µs": lambda d: f"{1e6 * d['parts']['views']:.1f}" if "views" in d["parts"] else "",
    "fit, ms": lambda d: f"{1e3 * d['parts']['fit']:.1f} ({d['fit_ratio']:.0f}×)",
    "load, ms": lambda d: f"{1e3 * d['parts']['load']:.3f} ({d['load_ratio']:,.0f}×)",
    "model in memory, kB": lambda d: f"{d['parts']['memory'] / 1e3:.0f} ({d['memory_ratio']:.0f}×)",
    "on disk, kB": lambda d: f"{d['parts']['disk'] / 1e3:.0f} ({d['disk_ratio']:.0f}×)",
    "resident, GB": lambda d: f"{d['resident_bytes'] / 1e9:.2f}",
    "poll, wall ms": lambda d: f"{1e3 * d['tick_wall']:,.0f}",
    "beside a training, to without": lambda d: f"{d['training_delay_ratio']:.2f}",
}


def append(found: Found) -> str:
    """Keeping one poll's readings."""
    return _table(
        [f"{found['pairs']:,} readings a poll", "CPU ms a poll"],
        [
            [
                f"a row appended by pandas to each CSV ({found['pandas_pairs_measured']:,} measured, scaled)",
                f"{found['pandas_cpu_ms']:,.0f}",
            ],
            ["each CSV opened for its reading", f"{found['open_each_csv_cpu_ms']:,.0f}"],
            ["Canopy: one write-ahead block, with its `fdatasync`", f"{found['append_cpu_ms']:.1f}"],
            [
                f"its share of moving {found['polls_a_batch']} polls into the CSVs, which no poll waits for",
                f"{found['move_cpu_ms_a_poll']:.1f}",
            ],
        ],
    )


def models(found: Found) -> str:
    """Fit, file and load of each detector's models beside scikit-learn's."""
    plain = found["scikit_learn"]

    def row(name: str) -> list[str]:
        model = found[name]

        def times(what: str) -> str:
            return f"({found[f'{name}_{what}_ratio']:,.0f}×)"

        return [
            name.replace("_", " "),
            f"{1e3 * model['fit']:.1f} ms {times('fit')}",
            f"{1e3 * model['load']:.3f} ms {times('load')}",
            f"{model['memory_bytes'] / 1e3:.0f} kB {times('memory_bytes')}",
            f"{model['disk_bytes'] / 1e3:.0f} kB {times('disk_bytes')}",
            *(
                f"{model[f'{what}_wall_seconds']:.1f} s wall, {model[f'{what}_cpu_seconds']:.1f} s CPU"
                for what in ("start", "save", "save_one")
            ),
        ]

    first = [
        "scikit-learn",
        f"{1e3 * plain['fit']:.0f} ms",
        f"{1e3 * plain['load']:.1f} ms",
        f"{plain['memory_bytes'] / 1e3:,.0f} kB",
        f"{plain['disk_bytes'] / 1e3:,.0f} kB",
        *("", "", ""),
    ]
    many = f"{found['pairs']:,} models"
    head = ["", "fit", "load", "memory", "disk", f"{many} opened", f"{many} saved", "one of them saved"]
    return _table(head, [first, row("classic"), row("view_forest")])


def api(found: Found) -> str:
    """Requests a second and milliseconds, idle and while polls go on."""
    head = [
        f"{found['pairs']:,} pairs",
        *("requests/s", "p50 ms", "p99 ms"),
        *("requests/s, polling", "p50 ms, polling", "p99 ms, polling"),
    ]

    def row(title: str, name: str) -> list[str]:
        return [title] + [
            f"{found[f'{name}_{what}_{state}']:,.{digits}f}" if f"{name}_{what}_{state}" in found else ""
            for state in ("idle", "polling")
            for what, digits in (("per_second", 0), ("p50_ms", 1), ("p99_ms", 1))
        ]

    waits = _table(
        ["operators (100 a second)", "p50 ms", "p99 ms", "p99 to no polls"],
        [
            [
                title,
                f"{found[f'operators_{state}_polls_p50_ms']:,.1f}",
                f"{found[f'operators_{state}_polls_p99_ms']:,.1f}",
                f"{found[f'operators_{state}_polls_p99_ms'] / found['operators_no_polls_p99_ms']:.1f}",
            ]
            for state, title in _OPERATORS.items()
        ],
    )
    calls = _table(head, [row(title, name) for name, title in _CALLS.items()])
    return f"{calls}\n\n{waits}"


_CALLS = {
    "naive_metrics": "naive list of a service's readings",
    "metrics": "`GET /metrics?service=`",
    "overview_page": "`GET /overview?limit=100`",
    "models_page": "`GET /models?limit=100`",
    "services": "`GET /services`",
    "incidents": "`GET /incidents`",
    "history": "`GET /metrics/history` (an hour)",
}

_OPERATORS = {"no": "no polls", "shipped": "a poll every 15 s, as shipped", "often": "a poll a second"}


def prometheus(found: Found) -> str:
    """CPU seconds of a real Prometheus for one poll."""
    services, each = f"{found['services']:,}", found["prometheus_cpu_seconds_by_metric"]
    of_it = ", ".join(f"`{metric}` {seconds:.2f}" for metric, seconds in each.items())
    return _table(
        [f"services, {found['metrics']} metrics", "CPU s of Prometheus a poll", "ratio"],
        [
            [
                f"{services}, a query a service ({found['services_asked_one_by_one']:,} measured, scaled)",
                f"{found['prometheus_cpu_seconds_query_a_service']:.1f}",
                "",
            ],
            [
                f"{services}, a query a metric",
                f"{found['prometheus_cpu_seconds_query_a_metric']:.2f} ({of_it})",
                f"{found['prometheus_cpu_ratio']:.1f}×",
            ],
            [
                f"{services}, `lat` and `err` recorded",
                f"{found['prometheus_cpu_seconds_recorded']:.2f}, the rules' own evaluation aside",
                f"{found['prometheus_cpu_ratio_recorded']:.0f}×",
            ],
        ],
    )


def backtest(found: Found) -> str:
    """One backtest, from the first request to the last incident."""
    head = [
        *("pairs", "days at 15 s", "readings, with those to learn from", "wall s", "of it the fetch"),
        *("CPU s", "CPU µs a reading", "peak memory"),
    ]
    row = [
        f"{found['pairs']:,}",
        f"{found['days']:g}",
        f"{found['readings_with_warm_up']:,}",
        *[f"{found[name]:,.1f}" for name in ("wall_seconds", "fetch_seconds", "cpu_seconds")],
        f"{found['cpu_microseconds_a_reading']:.1f}",
        f"{found['peak_memory_mb']:,} MB",
    ]
    return _table(head, [row])


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *rows])
