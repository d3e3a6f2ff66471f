"""A real NGINX with the repository's nginx.conf, its ports and paths moved to where a test may have them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from backend.tests.real import free_port, wait_until

ROOT = Path(__file__).resolve().parents[3]
USER, PASSWORD = "operator", "correct horse"


def find(program: str, package: str) -> str:
    """The program's path; AssertionError that names Debian's package where it is missing."""
    path = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    assert path, f"{program} is not installed: apt-get install -y --no-install-recommends {package}"
    return path


class RealNginx:
    """NGINX before the server on ``upstream`` (a port of this machine); a context manager."""

    def __init__(self, upstream: int) -> None:
        # Not pytest's folder, which is closed to www-data, the user that NGINX's workers run as.
        self.directory = Path(tempfile.mkdtemp(prefix="canopy-nginx-"))
        self.directory.chmod(0o755)
        self.http_port, self.https_port = free_port(), free_port()
        self.url = f"https://localhost:{self.https_port}"
        self.certificate = self.directory / "tls.crt"
        self._upstream = upstream

    def session(self, password: str | None = PASSWORD) -> requests.Session:
        """A client that trusts the certificate; ``None``: without a password."""
        session = requests.Session()
        session.trust_env = False
        session.verify = str(self.certificate)
        session.auth = None if password is None else (USER, password)
        return session

    def __enter__(self) -> Self:
        self._make_certificate()
        self._run("htpasswd", "apache2-utils", "-cbB", str(self.directory / "htpasswd"), USER, PASSWORD)
        config = self.directory / "nginx.conf"
        config.write_text(self._config())
        command = [find("nginx", "nginx-light"), "-c", str(config), "-g", "daemon off;"]
        with (self.directory / "output.log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        wait_until(self._answers, "NGINX answers")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)
        shutil.rmtree(self.directory)

    def _config(self) -> str:
        text = (ROOT / "nginx.conf").read_text()
        here = self.directory
        temporary = "".join(
            f"{name}_temp_path {here}/{name};"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        for old, new in {
            "listen 80;": f"listen 127.0.0.1:{self.http_port};",
            "listen [::]:80;": "",
            "listen 443 ssl http2;": f"listen 127.0.0.1:{self.https_port} ssl http2;",
            "listen [::]:443 ssl http2;": "",
            "127.0.0.1:9092": f"127.0.0.1:{self._upstream}",
            "/etc/canopy/": f"{here}/",
            "/run/nginx.pid": f"{here}/nginx.pid",
            "/var/log/nginx/": f"{here}/",
            "http {": "http { " + temporary,
        }.items():
            assert old in text, f"nginx.conf has no {old!r} to be moved"
            text = text.replace(old, new)
        return text

    def _make_certificate(self) -> None:
        self._run(
            *(
                "openssl",
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
            ),
            *("-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(self.directory / "tls.key"), "-out", str(self.certificate)),
        )

    @staticmethod
    def _run(program: str, package: str, *arguments: str) -> None:
        done = subprocess.run(
            [find(program, package), *arguments], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def _answers(self) -> bool:
        log = (self.directory / "output.log").read_text()
        assert self._process.poll() is None, f"NGINX ended at its start:\n{log}"
        try:
            return self.session(password=None).get(self.url, timeout=2).status_code == 401
        except requests.RequestException:
            return False
