"""One process of the demo: start it in a group of its own, wait until it answers, end the whole group."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import requests

from deploy.demo.ports import DemoError

STOP_SECONDS = 10.0
"""How long a process may take to end by itself after SIGTERM."""


class Process:
    """A program with its log file. ``ready_url`` answers 2xx once it serves; None: ready once it runs."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        directory: Path,
        environment: Mapping[str, str],
        log: Path,
        ready_url: str | None,
    ) -> None:
        self.name = name
        self.log = log
        self._argv = list(argv)
        self._directory = directory
        self._environment = dict(environment)
        self._ready_url = ready_url
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id, which is its group's too; None before the start and after the end."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Start it; its output goes to the log, which begins anew. Raises DemoError if it cannot be run."""
        with self.log.open("wb") as log:
            try:
                self._process = subprocess.Popen(
                    self._argv,
                    cwd=self._directory,
                    env={**os.environ, **self._environment},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,  # Ctrl-C reaches the supervisor alone, which ends the rest
                )
            except OSError as error:
                raise DemoError(f"{self.name}: {self._argv[0]} cannot be run: {error.strerror}") from None

    def check(self) -> None:
        """Raises DemoError with the end of the log if the process has ended by itself."""
        if self._process is not None and (code := self._process.poll()) is not None:
            how = f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
            raise DemoError(f"{self.name} ended ({how}); the end of {self.log}:\n{self.tail()}")

    def tail(self, lines: int = 15) -> str:
        """The last lines of the log, indented."""
        text = self.log.read_text(errors="replace").splitlines()[-lines:]
        return "\n".join(f"    {line}" for line in text) or "    (it is empty)"

    def answers(self) -> bool:
        """Whether it serves already; raises DemoError if it has ended."""
        self.check()
        if self._ready_url is None:
            return True
        try:
            return requests.get(self._ready_url, timeout=2).ok
        except requests.RequestException:
            return False

    def terminate(self) -> None:
        """Ask the group to end; does not wait."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the group at once, as a crash would, and wait for it."""
        self._signal(signal.SIGKILL)
        self._forget()

    def stop(self, deadline: float | None = None) -> bool:
        """End the group: SIGTERM, then SIGKILL at ``deadline`` (monotonic; default: ten seconds from now).

        Returns whether it ended by itself.
        """
        process = self._process
        if process is None:
            return True
        self.terminate()
        left = STOP_SECONDS if deadline is None else deadline - time.monotonic()
        try:
            process.wait(timeout=max(left, 0.0))
            by_itself = True
        except subprocess.TimeoutExpired:
            by_itself = False
        # Also when the leader has ended: what it started may be there still.
        self.kill()
        return by_itself

    def _signal(self, signum: signal.Signals) -> None:
        if self._process is not None:
            # The group may be gone already; macOS says PermissionError of one that is all zombies.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signum)

    def _forget(self) -> None:
        if self._process is not None:
            self._process.wait()
            self._process = None


def wait_until_ready(
    processes: Sequence[Process],
    seconds: float,
    interrupted: Callable[[], bool],
    say: Callable[[str], None],
) -> None:
    """Return once all answer, saying so for each; returns early when ``interrupted``.

    Raises DemoError if one ends meanwhile, or does not answer within ``seconds``.
    """
    started = time.monotonic()
    waiting = list(processes)
    while waiting and not interrupted():
        for process in [one for one in waiting if one.answers()]:
            waiting.remove(process)
            say(f"[{process.name}] ready in {time.monotonic() - started:.0f} s")
        if waiting and time.monotonic() - started > seconds:
            first = waiting[0]
            raise DemoError(
                f"{first.name} does not answer after {seconds:.0f} s; the end of {first.log}:\n{first.tail()}"
            )
        if waiting:
            time.sleep(0.2)
