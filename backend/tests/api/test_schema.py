"""Any input at all: no server error, and every answer is what /openapi.json says it is."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from backend.app import create_app
from backend.settings import Settings
from backend.tests.api.conftest import Running

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

EXAMPLES = 60
"""A call; the runs of all calls together take about half a minute."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


schema = schemathesis.openapi.from_dict(create_app(Settings()).openapi()).exclude(path="/stream")


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_call_keeps_to_the_schema(running: Running, case: schemathesis.Case[Any]) -> None:
    case.call_and_validate(base_url=running.url, checks=CHECKS, timeout=20)
