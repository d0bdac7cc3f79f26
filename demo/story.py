"""The story: predictions are kept, people correct them, a dataset comes out."""

import os
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests
from vlmrun.client import VLMRun

from demo.documents import DOCUMENTS

ROOT = Path(__file__).parent.parent
COMMANDS = Path(sys.executable).parent


def main() -> None:
    """Run it in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        # Whatever store the caller works on is left alone.
        os.environ["FEEDBACKSTORE_DATABASE_URL"] = "sqlite:///feedback.db"
        say("A store of its own, and a key for it.")
        run("flask migrate")
        key = run("flask keys create --name demo", show=False)
        print(f"    {key[:16]}…\n")
        server, address = serve()
        try:
            submit_all(address, key)
            review(address)
            export()
        finally:
            server.terminate()
            server.wait()


def submit_all(address: str, key: str) -> None:
    """Keep what the model was asked and answered; then say what people said of it."""
    say(f"What the model was asked and answered: PUT {address}/v1/predictions/request/…")
    authorization = {"Authorization": f"Bearer {key}"}
    for document in DOCUMENTS:
        url = f"{address}/v1/predictions/request/{document.id}"
        requests.put(url, json=document.prediction(), headers=authorization).raise_for_status()
        print(f"    {document.id:16} {document.domain}")
    print()

    say("What people said of it: corrections by VLM Run's own SDK, the rest by plain HTTP.")
    print(f'    client = VLMRun(base_url="{address}/v1")')
    client = VLMRun(api_key=key, base_url=f"{address}/v1")
    for document in DOCUMENTS:
        if document.members:
            # The SDK knows only response and notes: any HTTP client can say the rest.
            body = {
                "request_id": document.id,
                "response": document.correction,
                "notes": document.notes,
                **document.members,
            }
            url = f"{address}/v1/feedback/submit"
            requests.post(url, json=body, headers=authorization).raise_for_status()
            said = [
                name for name, value in body.items() if name != "request_id" and value is not None
            ]
            print(f"    POST /v1/feedback/submit  {document.id!r}: {', '.join(said)}")
        else:
            client.feedback.submit(
                request_id=document.id, response=document.correction, notes=document.notes
            )
            print(f"    client.feedback.submit({document.id!r}, …)")
    print()


def review(address: str) -> None:
    """Approve one correction, and see where the model is wrong."""
    say(f"A reviewer looks at it, on the page {address}/review or by API.")
    reviewer = run("flask keys create --scopes read,review --name Ada", show=False)
    authorization = {"Authorization": f"Bearer {reviewer}"}
    asked = {"entity_id": DOCUMENTS[0].id}
    url = f"{address}/v1/feedback"
    listed = requests.get(url, params=asked, headers=authorization)
    (item,) = listed.json()["items"]
    body = {"status": "approved", "comment": "checked against the scan"}
    done = requests.patch(f"{url}/id/{item['id']}", json=body, headers=authorization)
    done.raise_for_status()
    print(f"    PATCH /v1/feedback/id/{item['id'][:8]}…  {DOCUMENTS[0].id!r}: approved")
    print(f"    It changes {', '.join(item['changes'])}.\n")
    say("Where the model is wrong with invoices, by all that people said:")
    run("flask evaluate --domain document.invoice")


def export() -> None:
    """Make the datasets."""
    say("A fine-tuning dataset comes out.")
    run("flask export-jsonl train.jsonl")
    say("Or of what reviewers approved alone:")
    run("flask export-jsonl approved.jsonl --status approved")
    say("Preference pairs come from the same feedback; what does not fit is counted.")
    run("flask export-jsonl --format trl-preference --dry-run")
    say("The dataset's first lines, cut to the width of the page:")
    for line in Path("train.jsonl").read_text(encoding="utf-8").splitlines()[:2]:
        print(f"    {line[:92]}…\n      …{line[-92:]}")


def serve() -> tuple[subprocess.Popen[bytes], str]:
    """gunicorn on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [
            COMMANDS / "gunicorn",
            *("-c", ROOT / "gunicorn.conf.py", "--pythonpath", ROOT),
            *("--bind", f"127.0.0.1:{port}", "--log-level", "warning"),
            "wsgi:app",
        ],
        stdout=subprocess.DEVNULL,
    )
    for _ in range(200):
        try:
            requests.get(f"{address}/v1/health", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return server, address
    server.terminate()
    raise SystemExit("The server did not start.")


def run(command: str, *, show: bool = True) -> str:
    """Run a command of this environment, and show it with what it prints."""
    print(f"    $ {command}")
    name, *arguments = shlex.split(command)
    done = subprocess.run(
        [COMMANDS / name, *arguments],
        check=True,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if show:
        for line in done.stdout.splitlines():
            print(f"    {line}")
        print()
    return done.stdout.strip()


def say(sentence: str) -> None:
    """A line of the story."""
    print(sentence)


if __name__ == "__main__":
    main()
