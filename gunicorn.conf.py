"""How the server runs; an option on gunicorn's command line goes before what stands here."""

import os
import socket
import sys

from feedbackstore import database, settings
from feedbackstore.errors import Unusable
from feedbackstore.store import open_store

try:
    _values = settings.load()
except Unusable as error:
    sys.exit(str(error))

bind = "127.0.0.1:8000"
worker_class = "gthread"
workers = _values["WORKERS"]
threads = _values["THREADS"]
umask = 0o077

# An id of 256 characters outside ASCII takes 3,072 bytes of address.
limit_request_line = 8190

# No header may set what only the server knows (by default a proxy's SCRIPT_NAME would).
forwarder_headers = ""

# Nothing depends on a writable home, nor on a temporary folder on a disk that may be full.
control_socket_disable = True
if os.access("/dev/shm", os.W_OK):
    worker_tmp_dir = "/dev/shm"

_NEXT = """\
The feedback store serves http://{address} (its API: http://{address}/docs).
Submit a first correction, with the key in VLMRUN_API_KEY:

    curl http://{address}/v1/feedback/submit \\
        -H "Authorization: Bearer $VLMRUN_API_KEY" -H "Content-Type: application/json" \\
        -d '{{"request_id": "invoice-1", "response": {{"total": 12.5}}}}'

or with VLM Run's SDK (pip install vlmrun):

    from vlmrun.client import VLMRun
    VLMRun(base_url="http://{address}/v1").feedback.submit("invoice-1", {{"total": 12.5}})
"""


def on_starting(server):
    """Refuse a store that cannot be used here, in a line, and not in each worker."""
    try:
        open_store()
    except Unusable as error:
        sys.exit(str(error))
    # A connection must not be carried through the workers' fork.
    database.close()


def when_ready(server):
    """Say what to type next, where there is an address to type."""
    listener = server.LISTENERS[0].sock
    if listener.family == socket.AF_UNIX:
        return
    host, port = listener.getsockname()[:2]
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    print(_NEXT.format(address=address), flush=True)
