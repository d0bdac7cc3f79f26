"""What measurements rest on; that they are fast is nobody's test."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import evaluations, material
from bench.sizes import Sizes
from feedbackstore import predictions
from tests.conftest import Caller

ROOT = Path(__file__).parent.parent

SUBMITTED_TO_NOBODY = """
import sys
from bench import evaluations, material
from bench.sizes import Sizes
from bench.storing_off import app
headers = {"Authorization": f"Bearer {sys.argv[1]}", "Content-Type": "application/json"}
answer = app.test_client().post("/v1/feedback/submit", data=material.submitted(), headers=headers)
print(answer.status_code, answer.json["request_id"])
"""


@pytest.mark.parametrize("number", [0, 9, 999_999])
def test_what_is_measured_has_the_size_that_is_said(number: int) -> None:
    response = material.response_text(number)
    prediction = material.input_text(number) + material.output_text(number)

    assert len(response.encode()) == len(material.submitted().encode()) == material.FEEDBACK_BYTES
    assert len(prediction.encode()) == material.PREDICTION_BYTES
    assert predictions.check(json.loads(material.prediction_line(number)))


def test_where_storing_is_switched_off_nothing_is_stored(store: str, writer: Caller) -> None:
    script = [sys.executable, "-c", SUBMITTED_TO_NOBODY, writer.key]

    done = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("200 @ID@\n", "")
    assert writer.get("/v1/feedback/@ID@").json["items"] == []


def test_what_is_evaluated_is_all_there(tmp_path: Path) -> None:
    sizes = Sizes(rows=0, imported=0, evaluated=20, rounds=1, seconds=0)

    section = evaluations.measure(tmp_path, sizes)

    assert section.startswith("| 20 pairs |")
    assert "One of 2 pairs took" in section
