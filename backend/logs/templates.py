"""A message -> its template: the words stay, what varies from line to line becomes ``<*>``."""

from __future__ import annotations

import re
from functools import lru_cache

MAX_TOKENS = 60
"""Words of a message that make its template; what differs only later is the same template."""

_MAX_LENGTH = 2_000
_SHORT = 64
_VARIES = re.compile(
    r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"  # UUID
    r"|0[xX][0-9a-fA-F]+"
    r"|(?<![A-Za-z0-9])(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{8,}(?![A-Za-z0-9])"  # a hash, an id; with a digit in it
    r"|(?<![A-Za-z0-9])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){3,7}(?![A-Za-z0-9])"  # IPv6, MAC
    r"|(?:(?<![A-Za-z0-9])[-+])?\d+(?:[.,:/_-]\d+)*(?:%|[a-zA-Zµ]{1,3}(?![A-Za-z0-9]))?"  # number, IPv4
)


def template(message: str) -> str:
    """The key that lines of one log statement share.

    >>> template("Payment 4711 took 1250ms (id=9f86d081-884c-4d63-a1f1-0b2c3d4e5f60)")
    'Payment <*> took <*> (id=<*>)'
    """
    tokens = message[:_MAX_LENGTH].split(None, MAX_TOKENS)[:MAX_TOKENS]
    return " ".join([token if token.isalpha() else _masked(token) for token in tokens])


def _masked(token: str) -> str:
    # Long tokens seldom come twice, and would make the cache large.
    return _masked_short(token) if len(token) <= _SHORT else _VARIES.sub("<*>", token)


@lru_cache(maxsize=50_000)
def _masked_short(token: str) -> str:
    return _VARIES.sub("<*>", token)
