"""ms-swift's own code loads and encodes the golden files: no row is deleted, nothing is lost.

Its template runs on a tokenizer whose tokens are bytes, and on no model.
"""

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import golden
import pytest

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}

from PIL import Image
from swift.dataset import load_dataset
from swift.template import TEMPLATE_MAPPING, Template
from swift.template.template_inputs import TemplateInputs
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

MODES = {"swift-sft": "train", "swift-preference": "rlhf", "swift-kto": "kto"}
NAMES = [*MODES]
END = "<|im_end|>"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What swift keeps of the files it read stays in the test."""
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path))


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Template:
    monkeypatch.setenv("ROOT_IMAGE_DIR", str(tmp_path))
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: number for number, letter in enumerate(letters)}
    backend = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    backend.decoder = decoders.ByteLevel()
    processor = PreTrainedTokenizerFast(tokenizer_object=backend, eos_token=END, pad_token=END)
    processor.model_info = SimpleNamespace(
        config=None, max_model_len=None, model_dir=str(tmp_path), task_type="causal_lm"
    )
    processor.model_meta = SimpleNamespace(is_multimodal=True, is_reward=False)
    return Template(processor, TEMPLATE_MAPPING["qwen2_5"])


def loaded(name: str) -> list[dict[str, Any]]:
    found, _ = load_dataset(golden.path(name), strict=True)
    assert len(found) == len(golden.rows(name)) > 0
    return list(found)


@pytest.mark.parametrize("name", NAMES)
def test_every_row_comes_through_as_it_was_written(name: str) -> None:
    for row, written in zip(loaded(name), golden.rows(name), strict=True):
        assert row["messages"] == written["messages"]
        assert [image["path"] for image in row["images"]] == written["images"]
        assert row["tools"] == json.loads(written["tools"])
        assert row.get("label") is written.get("label")


@pytest.mark.parametrize("name", NAMES)
def test_every_row_makes_inputs_of_the_template(name: str) -> None:
    for row, written in zip(loaded(name), golden.rows(name), strict=True):
        inputs = TemplateInputs.from_dict(row)
        system = [turn["content"] for turn in written["messages"] if turn["role"] == "system"]
        turns = written["messages"][len(system) :]
        assert [inputs.chosen.system] == (system or [None])
        assert contents(inputs.chosen) == [turn["content"] for turn in turns]
        if "rejected_response" in written:
            rejected = [turn["content"] for turn in written["rejected_response"]]
            asked = max(i for i, turn in enumerate(turns) if turn["role"] == "user")
            assert contents(inputs.rejected)[asked + 1 :] == rejected
            assert contents(inputs.rejected) != contents(inputs.chosen)
            assert inputs.rejected.system == inputs.chosen.system
            assert len(inputs.rejected.images) == len(written["images"])


def contents(inputs: Any) -> list[str]:
    return [turn["content"] for turn in inputs.messages]


@pytest.mark.parametrize("name", NAMES)
def test_every_row_is_trained_on_its_answer_alone(
    name: str, template: Template, tmp_path: Path
) -> None:
    template.set_mode(MODES[name])
    for row, written in zip(loaded(name), golden.rows(name), strict=True):
        for image in written["images"]:
            (tmp_path / image).parent.mkdir(exist_ok=True)
            Image.new("RGB", (2, 2)).save(tmp_path / image)
        encoded = template.encode(row)
        kept = trained(encoded, "" if MODES[name] == "train" else "chosen_", template)
        assert said(written["messages"][-1], kept)
        assert encoded.get("label") is written.get("label")
        if "rejected_response" in written:
            kept = trained(encoded, "rejected_", template)
            assert said(written["rejected_response"][-1], kept)


def trained(encoded: dict[str, Any], prefix: str, template: Template) -> str:
    labels = [label for label in encoded[f"{prefix}labels"] if label != -100]
    return str(template.tokenizer.decode(labels)).removesuffix("\n").removesuffix(END)


def said(turn: dict[str, Any], kept: str) -> bool:
    """Whether a turn is what is trained on; a call has the template's marks around it."""
    if turn["role"] != "tool_call":
        return kept == turn["content"]
    marks = ("<tool_call>", "</tool_call>")
    inner = kept.strip().removeprefix(marks[0]).removesuffix(marks[1])
    return bool(json.loads(inner) == json.loads(turn["content"]))
