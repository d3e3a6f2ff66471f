"""A fault proxy that can also change what Prometheus says of the present."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import requests

from backend.tests.fault_proxy import Fault, FaultProxy


class EditingProxy(FaultProxy):
    """Hands each answer to an instant query to ``edit`` (envelope -> envelope) while that is set."""

    def __init__(self, upstream: str) -> None:
        super().__init__(upstream)
        self.edit: Callable[[dict[str, Any]], dict[str, Any]] | None = None
        self._address = upstream

    def _forward(self, request: BaseHTTPRequestHandler, body: bytes, fault: Fault) -> None:
        if self.edit is None or request.path.partition("?")[0] != "/api/v1/query":
            super()._forward(request, body, fault)
            return
        form = {"Content-Type": request.headers["Content-Type"]}
        answer = requests.post(f"{self._address}{request.path}", data=body, headers=form, timeout=30)
        edited = json.dumps(self.edit(answer.json())).encode()
        request.send_response(answer.status_code)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(edited)))
        request.end_headers()
        request.wfile.write(edited)
