"""LLaMA-Factory's own code loads, aligns and labels the golden files: no row is dropped.

Its loader, converters and processors run on a tokenizer whose tokens are characters; torchaudio,
which it imports for sounds alone, is a stub.
"""

import json
import os
import shutil
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import golden
import pytest

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
_torchaudio = ModuleType("torchaudio")
_torchaudio.__spec__ = ModuleSpec("torchaudio", None)
sys.modules.setdefault("torchaudio", _torchaudio)

from llamafactory.data import TEMPLATES, loader  # noqa: E402
from llamafactory.data.mm_plugin import BasePlugin, get_mm_plugin  # noqa: E402
from llamafactory.data.parser import get_dataset_list  # noqa: E402
from llamafactory.data.tool_utils import TOOLS, FunctionCall  # noqa: E402

STAGES = {
    "llamafactory-sft": "sft",
    "llamafactory-preference": "rm",
    "llamafactory-kto": "kto",
    "alpaca": "sft",
}
SHAREGPT = [name for name in STAGES if name != "alpaca"]
COMPANIONS = golden.GOLDEN.parent / "golden_companions"
END = "<|im_end|>\n"


class Characters:
    """A tokenizer whose tokens are characters."""

    bos_token_id = None
    eos_token_id = 0

    def encode(self, text: str, **_: Any) -> list[int]:
        return [ord(character) for character in text]


class Validating(BasePlugin):
    """The plugin of a model that sees, as far as it validates rows."""

    def process_messages(
        self, messages: Any, images: Any, videos: Any, audios: Any, _: Any
    ) -> list[dict[str, str]]:
        self._validate_messages(messages, images, videos, audios)
        return messages

    def process_token_ids(self, input_ids: Any, labels: Any, *_: Any) -> Any:
        return input_ids, labels


def arguments(folder: Path) -> Any:
    return SimpleNamespace(
        dataset_dir=str(folder),
        media_dir=str(folder),
        streaming=False,
        preprocessing_num_workers=None,
        overwrite_cache=True,
        max_samples=None,
        packing=False,
        cutoff_len=1_000_000,
        train_on_prompt=False,
        mask_history=True,
    )


@pytest.fixture
def aligned(tmp_path: Path, name: str) -> Any:
    """The golden rows as the trainer's loader and converter leave them."""
    shutil.copy(COMPANIONS / f"{name}.dataset_info.json", tmp_path / "dataset_info.json")
    (entry,) = get_dataset_list(["train"], str(tmp_path))
    data = tmp_path / entry.dataset_name
    data.parent.mkdir()
    shutil.copy(golden.path(name), data)
    model = SimpleNamespace(cache_dir=str(tmp_path / "cache"), hf_hub_token=None)
    training = SimpleNamespace(local_process_index=0, dataloader_num_workers=0)
    return loader._load_single_dataset(entry, model, arguments(tmp_path), training)


@pytest.fixture
def processed(aligned: Any, name: str, tmp_path: Path, monkeypatch: Any) -> dict[str, list[Any]]:
    """What its processor makes of them."""
    template = TEMPLATES["qwen"]
    monkeypatch.setattr(template, "mm_plugin", Validating("<image>", None, None))
    processor = loader._get_dataset_processor(
        arguments(tmp_path), STAGES[name], template, Characters(), None
    )
    return processor.preprocess_dataset(aligned[:])


def trained(labels: list[list[int]]) -> list[str]:
    """The texts that the loss falls on."""
    return ["".join(chr(label) for label in row if label != -100) for row in labels]


def rendered(message: dict[str, str]) -> str:
    if message["role"] != "function_call":
        return message["content"] + END
    called = json.dumps(json.loads(message["content"]), ensure_ascii=False)
    return f"<tool_call>\n{called}\n</tool_call>{END}"


@pytest.mark.parametrize("name", STAGES)
def test_no_row_is_dropped(aligned: Any, processed: dict[str, list[Any]], name: str) -> None:
    written = golden.rows(name)

    assert all(aligned["_prompt"])
    assert all(aligned["_response"])
    assert {len(column) for column in processed.values()} == {len(written)}
    assert [row or "" for row in aligned["_system"]] == [row["system"] for row in written]
    assert [row or "" for row in aligned["_tools"]] == [row.get("tools", "") for row in written]
    assert [row or [] for row in aligned["_images"]] == [row.get("images", []) for row in written]


@pytest.mark.parametrize("name", SHAREGPT)
def test_turns_keep_role_and_text(aligned: Any, name: str) -> None:
    roles = {"function_call": "function"}
    for row, written in zip(aligned, golden.rows(name), strict=True):
        answers = [written[end] for end in ("chosen", "rejected") if end in written]
        turns = [*row["_prompt"], *(turn for turn in row["_response"] if turn["content"])]
        expected = [*written["messages"], *answers]

        assert [turn["content"] for turn in turns] == [turn["content"] for turn in expected]
        assert [turn["role"] for turn in turns] == [
            roles.get(turn["role"], turn["role"]) for turn in expected
        ]


@pytest.mark.parametrize("name", SHAREGPT)
def test_marks_are_as_many_as_images(aligned: Any, name: str) -> None:
    plugin = get_mm_plugin("base", image_token="<image>")
    for row in aligned:
        for answer in row["_response"]:
            plugin._validate_messages([*row["_prompt"], answer], row["_images"] or [], [], [])


@pytest.mark.parametrize("name", ["llamafactory-sft"])
def test_the_last_answer_alone_is_trained_on(processed: dict[str, list[Any]], name: str) -> None:
    answers = [rendered(row["messages"][-1]) for row in golden.rows(name)]

    assert trained(processed["labels"]) == answers


@pytest.mark.parametrize("name", ["llamafactory-preference"])
def test_chosen_and_rejected_are_apart(processed: dict[str, list[Any]], name: str) -> None:
    for end in ("chosen", "rejected"):
        answers = [rendered(row[end]) for row in golden.rows(name)]

        assert trained(processed[f"{end}_labels"]) == answers


@pytest.mark.parametrize("name", ["llamafactory-kto"])
def test_each_answer_has_its_label(processed: dict[str, list[Any]], name: str) -> None:
    written = golden.rows(name)

    assert processed["kto_tags"] == [row["kto_tag"] for row in written]
    assert trained(processed["labels"]) == [rendered(row["messages"][-1]) for row in written]


@pytest.mark.parametrize("name", ["alpaca"])
def test_alpaca_is_a_question_and_its_answer(
    aligned: Any, processed: dict[str, list[Any]], name: str
) -> None:
    written = golden.rows(name)

    assert [turn["content"] for (turn,) in aligned["_prompt"]] == [
        row["instruction"] for row in written
    ]
    assert trained(processed["labels"]) == [row["output"] + END for row in written]


@pytest.mark.parametrize("format_", TOOLS)
def test_every_template_writes_the_tools_and_calls(format_: str) -> None:
    rows = golden.rows("llamafactory-sft")
    offered = {row["tools"] for row in rows if row["tools"]}
    calls = [turn for row in rows for turn in row["messages"] if turn["role"] == "function_call"]

    assert offered
    assert calls
    for tools in offered:
        assert "stock" in TOOLS[format_].tool_formatter(json.loads(tools))
    for turn in calls:
        call = json.loads(turn["content"])
        function = FunctionCall(call["name"], json.dumps(call["arguments"]))
        assert "stock" in TOOLS[format_].function_formatter([function])
