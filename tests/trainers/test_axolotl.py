"""axolotl's own code tokenizes the golden files: every row is trained on, and only its answer.

The tokenizer's tokens are bytes; the chat template is ChatML with tools and calls.
"""

import json
import os
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import golden
import pytest

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}

from axolotl.processing_strategies import ProcessingStrategy
from axolotl.prompt_strategies.chat_template import load
from axolotl.prompt_strategies.dpo.chat_template import default
from axolotl.utils.dict import DictDefault
from axolotl.utils.schemas.datasets import DPODataset, SFTDataset
from datasets import load_dataset
from PIL import Image
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast
from transformers.image_utils import load_image

TEMPLATE = (
    "{% if tools %}<|im_start|>system\n{{ tools | tojson }}<|im_end|>\n{% endif %}"
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}"
    "{% for call in message.tool_calls or [] %}<call>{{ call.function | tojson }}</call>"
    "{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SFT = SFTDataset(  # as axolotl.yaml has it
    path=golden.path("axolotl-sft"),
    ds_type="json",
    split="train",
    type="chat_template",
    field_messages="messages",
    message_field_training="train",
    roles_to_train=["assistant"],
)
DPO = DPODataset(
    path=golden.path("axolotl-preference"),
    ds_type="json",
    split="train",
    type="chat_template.default",
)


@pytest.fixture
def tokenizer() -> PreTrainedTokenizerFast:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: number for number, letter in enumerate(letters)}
    backend = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    backend.decoder = decoders.ByteLevel()
    made = PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="<|im_end|>")
    made.add_special_tokens({"additional_special_tokens": ["<|im_start|>"]})
    made.chat_template = TEMPLATE
    return made


def loaded(name: str, cache: Path) -> list[dict[str, Any]]:
    """The rows as axolotl's loader gives them, with what Arrow pads."""
    path = golden.path(name)
    found = list(load_dataset("json", data_files=path, split="train", cache_dir=str(cache)))
    assert len(found) == len(golden.rows(name)) > 0
    return found


def config(entry: Any) -> DictDefault:
    return DictDefault(
        datasets=[entry.model_dump(exclude_none=True)], sequence_len=8192, train_on_inputs=False
    )


def words(turn: dict[str, Any]) -> str:
    return "".join(part.get("text", "") for part in turn["content"])


def test_every_row_is_trained_on_its_last_answer_alone(
    tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    entry = SFT.model_dump(exclude_none=True)
    strategy = load(tokenizer, config(SFT), ds_cfg=entry)

    for row, wanted in zip(
        loaded("axolotl-sft", tmp_path), golden.rows("axolotl-sft"), strict=True
    ):
        tokens = strategy.tokenize_prompt(deepcopy(row))
        kept = [
            token
            for token, label in zip(tokens["input_ids"], tokens["labels"], strict=True)
            if label != -100
        ]
        last = wanted["messages"][-1]
        calls = [call["function"] for call in last.get("tool_calls", [])]
        trained = tokenizer.decode(kept)
        said = tokenizer.decode(tokens["input_ids"])
        if calls:
            assert calls[0]["name"] in trained
            assert json.loads(calls[0]["arguments"])["sku"] in trained
        else:
            assert trained == words(last) + "<|im_end|>"
        assert all(words(turn) in said for turn in wanted["messages"])
        assert ('"stock"' in said) is ("stock" in wanted["tools"])


def test_rows_go_through_in_batches_too(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    strategy = load(tokenizer, config(SFT), ds_cfg=SFT.model_dump(exclude_none=True))
    found = loaded("axolotl-sft", tmp_path)

    tokens = strategy.tokenize_prompt({name: [row[name] for row in found] for name in found[0]})

    assert len(tokens["labels"]) == len(found)
    assert all(any(label != -100 for label in labels) for labels in tokens["labels"])


def test_every_pair_keeps_both_answers_whole(
    tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    transform, options = default(config(DPO))

    assert options == {"remove_columns": ["messages"]}
    for row in loaded("axolotl-preference", tmp_path):
        pair = transform(row, tokenizer=tokenizer)
        assert pair["chosen"] == row["chosen"]["content"] + "<|im_end|>"
        assert pair["rejected"] == row["rejected"]["content"] + "<|im_end|>"
        assert row["messages"][-1]["content"] in pair["prompt"]
        assert pair["prompt"].endswith("<|im_start|>assistant\n")


def test_rows_with_and_without_images_go_the_images_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("images").mkdir()
    Image.new("RGB", (2, 2)).save("images/a.png")
    image = {"type": "image", "path": "images/a.png"}
    pictured = {
        "messages": [
            {"role": "user", "content": [image, {"type": "text", "text": "<image>"}, image]},
            {"role": "assistant", "content": [{"type": "text", "text": "C"}]},
        ],
        "tools": "[]",
    }
    rows = [*golden.rows("axolotl-sft"), pictured]
    Path("rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = load_dataset("json", data_files="rows.jsonl", split="train", cache_dir="cache")
    strategy = ProcessingStrategy(SimpleNamespace(tokenizer=None))

    seen = strategy(list(found))

    contents = [[turn["content"] for turn in row["messages"]] for row in rows]
    assert [[turn["content"] for turn in row["messages"]] for row in seen] == contents
    assert load_image(seen[-1]["messages"][0]["content"][0]["path"]).size == (2, 2)
