"""The command line: a subcommand for each thing that Canopy does."""

from __future__ import annotations

import argparse
import gc
import io
import ipaddress
import json
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from backend import __version__
from backend.evaluation.commands import add_commands, add_plot, add_simulate
from backend.jobs.backtest_options import add_options
from backend.jobs.datasets_options import add_compact
from backend.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

_GRACE = 3
"""Seconds that open requests have to end once the process is told to stop."""

_SWITCH_SECONDS = 0.0005
"""How soon a working thread lets an answer go first: a tenth of Python's own 5 ms."""
_COLLECTIONS = (2_000, 10, 500)
"""Garbage collector: of all objects, which stops every thread for a tenth of a second at 10,000 pairs, about
once an hour; Python's own would do it every few polls."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; ends the process with status 2 and one line per problem where it cannot."""
    parser = argparse.ArgumentParser(
        prog="canopy", description="AIOps control plane for an existing Prometheus."
    )
    parser.add_argument("--version", action="version", version=f"canopy {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="poll Prometheus and serve the API and the UI")
    serve.add_argument("--host", help="address to listen on (server.host)")
    serve.add_argument("--port", type=int, help="port to listen on (server.port)")
    serve.set_defaults(run=_serve)
    train = commands.add_parser("train", help="train the models from the stored readings, here and now")
    train.add_argument("--service", help="only this service's pairs")
    train.add_argument("--metric", help="only this metric's pairs")
    train.add_argument("--force", action="store_true", help="take new models that judge very differently too")
    train.set_defaults(run=_train)
    export = commands.add_parser("export-model", help="write a classic model as a scikit-learn forest")
    export.add_argument("--service", required=True, help="the model's service")
    export.add_argument("--metric", required=True, help="the model's metric")
    export.add_argument("--out", required=True, type=Path, metavar="FILE.joblib", help="where to")
    export.set_defaults(run=_export)
    past = commands.add_parser("backtest", help="replay a range of the past: what would have fired")
    add_options(past)
    past.set_defaults(run=_backtest)
    evaluate = commands.add_parser("eval", help="score series, and measure detectors on labelled ones")
    add_commands(evaluate)
    evaluate.set_defaults(run=_evaluate)
    simulated = commands.add_parser("simulate", help="write metric series with labelled faults, to learn on")
    add_simulate(simulated)
    simulated.set_defaults(run=_simulate)
    plot = commands.add_parser("plot", help="draw series with their scores and alerts")
    add_plot(plot)
    plot.set_defaults(run=_plot)
    datasets = commands.add_parser("datasets", help="look after the stored readings")
    compact = add_compact(datasets)
    compact.set_defaults(run=_compact)
    for command in (serve, train, export, past, evaluate, simulated, plot, compact):
        command.add_argument(
            "--config", type=Path, help="the configuration (./config.yaml where there is one)"
        )
    options = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # As on stderr: a name with letters that the terminal does not know ends no command.
        sys.stdout.reconfigure(errors="backslashreplace")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    # One line a job run is one every two seconds.
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    try:
        options.run(options, load_settings(options.config, _environment(options)))
    except SettingsError as error:
        _stop(*error.problems)


def _environment(options: argparse.Namespace) -> dict[str, str]:
    """The environment, with what the command line says over it."""
    given = {"HOST": getattr(options, "host", None), "PORT": getattr(options, "port", None)}
    return dict(os.environ) | {
        f"CANOPY_SERVER__{key}": str(value) for key, value in given.items() if value is not None
    }


def _serve(_: argparse.Namespace, settings: Settings) -> None:
    from backend.app import create_app
    from backend.wiring import CannotStart

    app = create_app(settings)
    host, port = settings.server.host, settings.server.port
    _check_port(host, port)
    if not _is_loopback(host):
        logging.getLogger(__name__).warning(
            "listening on %s: anyone who reaches this machine can read and resolve incidents; "
            "put nginx.conf with its password before Canopy, or bind to 127.0.0.1",
            host,
        )
    # A start that fails for a reason of its own has said it in one line; the server would add a stack trace.
    logging.getLogger("uvicorn.error").addFilter(
        lambda record: CannotStart.__name__ not in record.getMessage()
    )
    let_answers_go_first()
    server = _server(app, host, port)
    with suppress(SystemExit):  # its own status for a start that failed
        server.run()
    if not server.started:
        raise SystemExit(2)
    _leave_hanging_threads()


def let_answers_go_first() -> None:
    """Set this process up so that polls keep nobody waiting who asks meanwhile."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.set_threshold(*_COLLECTIONS)


def _server(app: FastAPI, host: str, port: int) -> uvicorn.Server:
    import uvicorn

    from backend.app import end_streams

    class Server(uvicorn.Server):
        """Ends in good order at a signal, at a second SIGINT at once; the exit code is ours to say."""

        def handle_exit(self, sig: int, _: FrameType | None) -> None:
            self.force_exit = self.should_exit and sig == signal.SIGINT
            self.should_exit = True
            end_streams(app)

    return Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=_GRACE,
        )
    )


def _train(options: argparse.Namespace, settings: Settings) -> None:
    from backend.detection.manifest import ManifestError
    from backend.detection.registry import RegistryBusy
    from backend.incidents.schema import StoreError
    from backend.jobs.train_by_hand import NothingToTrain, train_by_hand
    from backend.metrics.history import HistoryError

    try:
        job = train_by_hand(settings, options.service, options.metric, force=options.force)
    except (NothingToTrain, ManifestError, RegistryBusy, StoreError, HistoryError, OSError) as error:
        _stop(str(error))
    raise SystemExit(0 if job.state == "done" and not job.failed else 1)


def _export(options: argparse.Namespace, settings: Settings) -> None:
    from backend.detection.export import NotExported, export_model
    from backend.detection.manifest import ManifestError
    from backend.metrics.readings import SeriesKey

    try:
        export_model(settings.storage.models, SeriesKey(options.service, options.metric), options.out)
    except (NotExported, ManifestError, OSError) as error:
        _stop(str(error))
    print(options.out)


def _backtest(options: argparse.Namespace, settings: Settings) -> None:
    from backend.api.backtest_wire import report
    from backend.incidents.schema import StoreError
    from backend.jobs.backtest_command import backtest_by_hand, refusal, summary
    from backend.jobs.backtest_files import check_folder, write_files
    from backend.jobs.backtest_request import BacktestRefused
    from backend.metrics.catalogue import build_catalogue

    # How it ends is printed, once.
    logging.getLogger("backend.jobs.backtest").setLevel(logging.WARNING)
    try:
        if options.out is not None:
            check_folder(options.out)
        found = backtest_by_hand(settings, options)
        if found.state != "done":
            _stop(found.detail)
        document = json.dumps(report(found, build_catalogue(settings)), ensure_ascii=False)
        if options.out is not None:
            write_files(found, document, options.out)
    except BacktestRefused as error:
        _stop(refusal(error))
    except StoreError as error:
        _stop(str(error))
    except OSError as error:
        _stop(f"{error.filename or options.out}: {error.strerror or error}")
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    print(document if options.json else summary(found))


def _compact(options: argparse.Namespace, settings: Settings) -> None:
    from backend.jobs.datasets_command import NoDatasets, compact_by_hand
    from backend.metrics.files import InUse
    from backend.metrics.history import HistoryError

    try:
        compact_by_hand(options, settings)
    except InUse as error:
        _stop(f"{error}; stop it first, or look with --dry-run")
    except (NoDatasets, HistoryError, OSError) as error:
        _stop(str(error))


def _evaluate(options: argparse.Namespace, _: Settings) -> None:
    from backend.evaluation.runs import run

    _measure(run, options)


def _simulate(options: argparse.Namespace, _: Settings) -> None:
    from backend.evaluation.tools import run_simulate

    _measure(run_simulate, options)


def _plot(options: argparse.Namespace, _: Settings) -> None:
    from backend.evaluation.tools import run_plot

    _measure(run_plot, options)


def _measure(run: Callable[[argparse.Namespace], None], options: argparse.Namespace) -> None:
    from backend.evaluation.runs import EvaluationError
    from backend.metrics.visible import visible

    try:
        run(options)
    except EvaluationError as error:
        _stop(visible(str(error)))
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _check_port(host: str, port: int) -> None:
    """Find out before anything is opened whether the port is free, and say how to take another one."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        _stop(
            f"cannot listen on {host} port {port}: {error.strerror}",
            "another port: --port 9093, server.port in the configuration, or CANOPY_SERVER__PORT=9093",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _leave_hanging_threads() -> None:
    """End now if a worker still waits for a hanging Prometheus: everything is stored and closed by then."""
    if threading.active_count() > 1:
        logging.shutdown()
        os._exit(0)


def _stop(*lines: str) -> NoReturn:
    for line in lines:
        print(f"canopy: {line}", file=sys.stderr)
    raise SystemExit(2)
