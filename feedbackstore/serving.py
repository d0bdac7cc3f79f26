"""How gunicorn serves the store: its settings and what it says at its start.

`gunicorn -c python:feedbackstore.serving "feedbackstore.app:create_app()"`; an option on
gunicorn's command line goes before what stands here.
"""

import gc
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from feedbackstore import database, program, settings
from feedbackstore.counters import counters
from feedbackstore.errors import Unusable
from feedbackstore.rate_limits import rate_limits
from feedbackstore.request_log import Formatter
from feedbackstore.store import open_store

try:
    _values = settings.load()
except Unusable as error:
    sys.exit(str(error))

bind = "127.0.0.1:8000"
worker_class = "feedbackstore.worker.Worker"
workers: int = _values["WORKERS"]

# The path that a proxy serves it under, as gunicorn's other workers take it.
root_path = os.environ.get("SCRIPT_NAME", "")

# An id of 256 characters has 3,072 bytes in an address, and a text to look for has more.
limit_request_line = 8190
limit_request_fields = 100
limit_request_field_size = 8190

# No header may set what only the server knows (by default a proxy's SCRIPT_NAME would), nor the
# scheme for whoever is on this machine: the app looks at it, as TRUSTED_PROXIES says.
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}

# A socket is for its owner and its group, which is where a proxy belongs.
umask = 0o007

# Nothing depends on a writable home, nor on a temporary folder on a disk that may be full.
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None

_NEXT = """\
The feedback store serves http://{address} (its API: http://{address}/docs).
Submit a correction, with the key in VLMRUN_API_KEY ({create} makes another):

    curl http://{address}/v1/feedback/submit \\
        -H "Authorization: Bearer $VLMRUN_API_KEY" -H "Content-Type: application/json" \\
        -d '{{"request_id": "invoice-1", "response": {{"total": 12.5}}}}'

or with VLM Run's SDK (pip install vlmrun):

    from vlmrun.client import VLMRun
    VLMRun(base_url="http://{address}/v1").feedback.submit("invoice-1", {{"total": 12.5}})
"""


def on_starting(server: Any) -> None:
    """Refuse, in a line, what would fail in every worker or be tried again and again."""
    try:
        open_store()
    except Unusable as error:
        sys.exit(str(error))
    counters.share()
    rate_limits.share()
    if _values["LOG"] == "json":
        for handler in server.log.error_log.handlers:
            handler.setFormatter(Formatter())
    # A connection must not be carried through the workers' fork.
    database.close()
    # Workers share the master's memory until they write to it, as their collectors of garbage do
    # that look through it.
    gc.collect()
    gc.freeze()
    # A master that takes over from another (USR2), or is started by systemd, is given its sockets.
    if not server.master_pid and "LISTEN_FDS" not in os.environ:
        for address in server.cfg.address:
            _refuse_taken(address)


def post_fork(_: Any, __: Any) -> None:
    """Let a stop end a worker that does not serve yet.

    Until it does it has its master's handlers, which leave a signal for the master to look at: it
    would be waited for in vain, and then killed.
    """
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


def when_ready(server: Any) -> None:
    """Say where it serves and, where that is an address to type, what to type next."""
    listener = server.LISTENERS[0].sock
    # Where requests are logged, stdout holds nothing but lines of JSON.
    stream = sys.stdout if _values["LOG"] == "off" else sys.stderr
    if listener.family == socket.AF_UNIX:
        print(f"The feedback store serves unix:{listener.getsockname()}", file=stream, flush=True)
        return
    host, port = listener.getsockname()[:2]
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    print(
        _NEXT.format(address=address, create=program.line("keys create")), file=stream, flush=True
    )


def _refuse_taken(address: Any) -> None:
    if not isinstance(address, tuple):
        _refuse_socket(Path(str(address)))
        return
    host, port = address
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError) as error:
        sys.exit(f"Cannot listen on {host}, port {port}: {error}")


def _refuse_socket(path: Path) -> None:
    """gunicorn takes a socket's name from whoever serves there, and tries a missing one again."""
    try:
        if not path.absolute().parent.is_dir():
            sys.exit(
                f"Cannot listen on {path}: there is no directory {path.parent}. Make it first."
            )
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(path))
    except (FileNotFoundError, ConnectionRefusedError):
        return
    except OSError as error:
        sys.exit(f"Cannot listen on {path}: {error}")
    sys.exit(f"Cannot listen on {path}: another server does.")
