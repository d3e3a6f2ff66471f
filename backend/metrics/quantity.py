"""A value with its unit and a time span, as a person reads them; the same input gives the same bytes."""

from __future__ import annotations

import math

_UNITS = {"percent": "%", "milliseconds": " ms", "seconds": " s", "": ""}
_BYTES = (" B", " KiB", " MiB", " GiB", " TiB", " PiB")


def quantity(value: float, unit: str) -> str:
    """A value with its unit, to about three digits.

    >>> quantity(3240.4, "milliseconds"), quantity(85.0, "percent"), quantity(1.5 * 2**30, "bytes")
    ('3,240 ms', '85%', '1.5 GiB')
    """
    value, suffix = _scaled(value, unit)
    return _number(value) + suffix


def quantity_range(low: float, high: float, unit: str) -> str:
    """From low to high, the unit said once where it is the same; an end may be infinite.

    >>> quantity_range(12, 85, "milliseconds"), quantity_range(7, 7, "percent")
    ('12–85 ms', 'about 7%')
    >>> quantity_range(-math.inf, 85, "milliseconds")
    '85 ms or less'
    """
    if math.isinf(low) or math.isinf(high):
        if math.isinf(low) and math.isinf(high):
            return "any value"
        return f"{quantity(high, unit)} or less" if math.isinf(low) else f"{quantity(low, unit)} or more"
    (small, small_suffix), (large, large_suffix) = _scaled(low, unit), _scaled(high, unit)
    first, last = _number(small), _number(large) + large_suffix
    if first + small_suffix == last:
        return f"about {last}"
    if small_suffix != large_suffix:
        first += small_suffix
    return f"{first} to {last}" if low < 0 else f"{first}–{last}"


def duration(seconds: float) -> str:
    """The two largest parts of a time span.

    >>> duration(7800), duration(45), duration(86400)
    ('2 h 10 min', '45 s', '1 d')
    """
    left = max(0, round(seconds))
    parts = []
    for size, name in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {name}")
        elif parts:
            break
    return " ".join(parts[:2]) or "0 s"


def _scaled(value: float, unit: str) -> tuple[float, str]:
    if unit == "bytes":
        step = 0
        while abs(value) >= 1024 and step < len(_BYTES) - 1:
            value, step = value / 1024, step + 1
        return value, _BYTES[step]
    return value, _UNITS.get(unit, f" {unit}")


def _number(value: float) -> str:
    size = abs(value)
    if value and (size < 0.001 or size >= 1e15):
        return f"{value:.3g}"
    decimals = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
    text = f"{value:,.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
