"""Sends the shop the traffic of its customers: orders, look-ups and mistakes, busy by day, calm by night."""

import argparse
import math
import queue
import random
import signal
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests

NIGHT = 0.4  # the quietest rate, as a share of the peak
NOISE = 0.08  # standard deviation of the rate, as a share of it
WORKERS = 48  # each waits for one answer: enough for the peak rate when a service needs seconds
TIMEOUT = 12.0  # seconds; longer than the slowest answer an order can get
REPORT_EVERY = 60.0  # seconds

PRICES = {"KETTLE": 29.9, "TEAPOT": 18.5, "TOASTER": 39.0, "BLENDER": 64.9, "LAMP": 24.0}
WRONG: tuple[dict[str, object], ...] = (
    {"quantity": 0},  # not valid: 400
    {"sku": "TYPEWRITER"},  # never in stock: 409
    {"amount": 7500},  # more than payments allow: 402
)


def rate_at(elapsed: float, peak: float, period: float) -> float:
    """Requests per second, `elapsed` seconds after the midnight at the start of a day of `period` seconds."""
    day = (1 - math.cos(2 * math.pi * elapsed / period)) / 2
    return peak * (NIGHT + (1 - NIGHT) * day)


@dataclass(frozen=True)
class Shop:
    """Base addresses of the three services, without a slash at the end."""

    orders: str
    payments: str
    inventory: str


class Outages:
    """Says once that a service does not answer, and once that it does again."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._down: set[str] = set()
        self._lock = threading.Lock()

    def failed(self, address: str, reason: str) -> None:
        with self._lock:
            if address not in self._down:
                self._down.add(address)
                self._say(f"{address} does not answer ({reason}), trying on")

    def answered(self, address: str) -> None:
        with self._lock:
            if address in self._down:
                self._down.discard(address)
                self._say(f"{address} answers again")


@dataclass
class Tally:
    """What was sent since it was last read, by the kind of answer."""

    counts: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, kind: str) -> None:
        with self.lock:
            self.counts[kind] += 1

    def take(self) -> str:
        """One line of the counts, which then begin anew."""
        with self.lock:
            counts, self.counts = self.counts, Counter()
        kinds = ("2xx", "4xx", "5xx", "no answer", "skipped")
        return ", ".join(f"{kind} {counts[kind]}" for kind in kinds)


class Customers:
    """The mix of what customers ask for, and what they remember of earlier answers."""

    def __init__(self, shop: Shop, outages: Outages, tally: Tally, rng: random.Random) -> None:
        self._shop = shop
        self._outages = outages
        self._tally = tally
        self._rng = rng
        self._placed: deque[tuple[str, str]] = deque(maxlen=200)
        self._actions: dict[Callable[[requests.Session], None], int] = {
            self.place_order: 45,
            self.read_order: 17,
            self.read_payment: 15,
            self.read_stock: 18,
            self.mistake: 5,
        }

    def visit(self, session: requests.Session) -> None:
        """One request of a kind drawn from the mix."""
        (action,) = self._rng.choices(list(self._actions), weights=list(self._actions.values()))
        action(session)

    def place_order(self, session: requests.Session) -> None:
        sku = self._rng.choice(list(PRICES))
        quantity = self._rng.randint(1, 4)
        order = {"sku": sku, "quantity": quantity, "amount": round(PRICES[sku] * quantity, 2)}
        answer = self._send(session, "POST", self._shop.orders, "/orders", order)
        if answer is not None and answer.status_code == requests.codes.created:
            placed = answer.json()
            self._placed.append((placed["id"], placed["paymentId"]))

    def read_order(self, session: requests.Session) -> None:
        if self._placed:
            order, _ = self._rng.choice(self._placed)
            self._send(session, "GET", self._shop.orders, f"/orders/{order}")

    def read_payment(self, session: requests.Session) -> None:
        if self._placed:
            _, payment = self._rng.choice(self._placed)
            self._send(session, "GET", self._shop.payments, f"/payments/{payment}")

    def read_stock(self, session: requests.Session) -> None:
        sku = self._rng.choice([*PRICES, ""])
        self._send(session, "GET", self._shop.inventory, f"/stock/{sku}".rstrip("/"))

    def mistake(self, session: requests.Session) -> None:
        """A request that deserves a 4xx."""
        order: dict[str, object] = {"sku": "LAMP", "quantity": 1, "amount": 24.0}
        wrong: dict[str, object] = self._rng.choice(
            [{"quantity": 0}, {"sku": "TYPEWRITER"}, {"amount": 7500}]
        )
        if self._rng.random() < 0.5:
            self._send(session, "GET", self._shop.inventory, "/stock/GRAMOPHONE")
        else:
            self._send(session, "POST", self._shop.orders, "/orders", order | wrong)

    def _send(
        self, session: requests.Session, method: str, base: str, path: str, body: object = None
    ) -> requests.Response | None:
        try:
            answer = session.request(method, base + path, json=body, timeout=TIMEOUT)
        except requests.RequestException as error:
            self._tally.add("no answer")
            self._outages.failed(base, type(error).__name__)
            return None
        self._tally.add(f"{answer.status_code // 100}xx")
        self._outages.answered(base)
        return answer


def work(customers: Customers, visits: "queue.Queue[None]") -> None:
    """Makes visits as they come due, over kept connections; runs on a daemon thread for ever."""
    session = requests.Session()
    session.trust_env = False  # the shop is near: no proxy, no netrc
    while True:
        visits.get()
        customers.visit(session)


def run(shop: Shop, peak: float, period: float, stop: threading.Event, say: Callable[[str], None]) -> None:
    """Sends traffic until `stop` is set; visits come at random (a Poisson process) at the hour's rate."""
    rng = random.Random()
    tally = Tally()
    customers = Customers(shop, Outages(say), tally, rng)
    visits: queue.Queue[None] = queue.Queue(maxsize=WORKERS)
    for _ in range(WORKERS):
        threading.Thread(target=work, args=(customers, visits), daemon=True).start()
    start = reported = due = time.monotonic()
    while True:
        rate = rate_at(due - start, peak, period) * max(0.1, rng.gauss(1, NOISE))
        due += rng.expovariate(rate)
        if stop.wait(max(0.0, due - time.monotonic())):
            break
        try:
            visits.put_nowait(None)
        except queue.Full:  # every customer still waits; more of them would only queue up here
            tally.add("skipped")
        if time.monotonic() - reported >= REPORT_EVERY:
            reported += REPORT_EVERY
            say(f"{tally.take()} in the last minute, now {rate:.1f} requests/s")
    say(f"stopped: {tally.take()} since the last line")


def address(text: str) -> str:
    """An http(s) base address without its final slash; anything else is an argparse error."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise argparse.ArgumentTypeError(f"{text!r} is not an address like http://127.0.0.1:8081")
    return text.rstrip("/")


def positive(text: str) -> float:
    """A finite number above zero; anything else is an argparse error."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.demo.traffic", description=__doc__)
    parser.add_argument("--orders", type=address, default="http://127.0.0.1:8081", metavar="URL")
    parser.add_argument("--payments", type=address, default="http://127.0.0.1:8082", metavar="URL")
    parser.add_argument("--inventory", type=address, default="http://127.0.0.1:8083", metavar="URL")
    parser.add_argument("--rate", type=positive, default=8.0, help="requests per second at noon (default 8)")
    parser.add_argument("--period", type=positive, default=300.0, help="seconds a day lasts (default 300)")
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> int:
    options = parse(argv)
    stop = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: stop.set())

    def say(line: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} traffic: {line}", flush=True)

    shop = Shop(options.orders, options.payments, options.inventory)
    say(f"up to {options.rate:g} requests/s, a day lasts {options.period:g} s")
    run(shop, options.rate, options.period, stop, say)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
