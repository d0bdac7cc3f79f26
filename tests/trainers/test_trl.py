"""TRL on what we write: each dataset loads, and a step of training runs on a model made here.

The model is a Llama of one layer with random weights, its tokenizer one of bytes: nothing is
fetched. A directory is loaded as `datasets` loads one from the hub.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}

import pytest
from datasets import Image, List, load_dataset
from golden import path, rows
from huggingface_hub import DatasetCard
from openai.types.chat import ChatCompletionMessageParam
from pydantic import TypeAdapter
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer, SFTConfig, SFTTrainer
from trl.data_utils import prepare_multimodal_messages

ROOT = Path(__file__).parents[2]
TEMPLATE = (
    "{% for m in messages %}<s>{{ m.role }}:{{ m.content }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant:{% endif %}"
)


@pytest.fixture
def tokenizer() -> PreTrainedTokenizerFast:
    """One token a byte."""
    names = ["<pad>", "<s>", "</s>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    made = Tokenizer(models.BPE(vocab={name: i for i, name in enumerate(names)}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="<pad>", bos_token="<s>", eos_token="</s>"
    )
    wrapped.chat_template = TEMPLATE
    return wrapped


def model() -> LlamaForCausalLM:
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=259,
            hidden_size=16,
            intermediate_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            max_position_embeddings=4096,
        )
    )


def arguments(config: type[Any], folder: Path) -> Any:
    return config(
        output_dir=str(folder),
        max_steps=1,
        per_device_train_batch_size=2,
        report_to=[],
        use_cpu=True,
        max_length=512,
        save_strategy="no",
    )


def loaded(name: str) -> Any:
    found = load_dataset("json", data_files=path(name), split="train")
    assert found.num_rows == len(rows(name))
    return found


@pytest.mark.parametrize("name", ["trl-messages", "trl-prompt-completion"])
def test_supervised_rows_train(name: str, tokenizer: Any, tmp_path: Path) -> None:
    trainer = SFTTrainer(
        model=model(),
        processing_class=tokenizer,
        train_dataset=loaded(name),
        args=arguments(SFTConfig, tmp_path),
    )

    assert trainer.train().training_loss > 0


def test_preference_rows_train(tokenizer: Any, tmp_path: Path) -> None:
    trainer = DPOTrainer(
        model=model(),
        ref_model=model(),
        processing_class=tokenizer,
        train_dataset=loaded("trl-preference"),
        args=arguments(DPOConfig, tmp_path),
    )

    assert trainer.train().training_loss > 0


def test_unpaired_rows_train(tokenizer: Any, tmp_path: Path) -> None:
    dataset = loaded("trl-kto")
    assert set(dataset["label"]) == {True, False}
    trainer = KTOTrainer(
        model=model(),
        ref_model=model(),
        processing_class=tokenizer,
        train_dataset=dataset,
        args=arguments(KTOConfig, tmp_path),
    )

    assert trainer.train().training_loss > 0


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("trl-vision", ["messages"]),
        ("trl-vision-preference", ["prompt", "chosen", "rejected"]),
    ],
)
def test_vision_rows_have_an_image_for_each_place(name: str, columns: list[str]) -> None:
    for row in loaded(name):
        images = [object() for _ in row["images"]]
        prepare_multimodal_messages(row[columns[0]], images)
        for column in columns[1:]:
            prepare_multimodal_messages(row[column], [])


def test_openais_own_types_take_the_messages() -> None:
    messages = TypeAdapter(list[ChatCompletionMessageParam])
    for row in [*rows("openai-sft"), *rows("azure-sft")]:
        messages.validate_python(row["messages"])
    for row in rows("openai-preference"):
        messages.validate_python(
            row["input"]["messages"] + row["preferred_output"] + row["non_preferred_output"]
        )


def exported(folder: Path, *options: str) -> Path:
    """A dataset's directory, exported from a store with the demo's documents."""
    environ = {**os.environ, "FEEDBACKSTORE_DATABASE_URL": f"sqlite:///{folder}/feedback.db"}
    environ.pop("PYTHONPATH", None)
    commands, out = ROOT / ".venv" / "bin", folder / "out"
    subprocess.run(
        [commands / "python", "-m", "tests.trainers.store"], env=environ, cwd=ROOT, check=True
    )
    subprocess.run(
        [commands / "flask", "export-jsonl", f"{out}/", *options], env=environ, check=True
    )
    return out


def test_the_script_beside_the_data_trains(
    tokenizer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = tmp_path / "model"
    model().save_pretrained(saved)
    tokenizer.save_pretrained(saved)
    out = exported(tmp_path, "--format", "trl-prompt-completion")

    subprocess.run([sys.executable, "train.py", saved], cwd=out, check=True)

    assert (out / "trained" / "model.safetensors").is_file()


def test_a_directory_loads_with_its_splits_shards_and_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = exported(
        tmp_path,
        *("--format", "trl-vision", "--split", "train=0.7,validation=0.3"),
        *("--shards", "2", "--compress", "gzip"),
    )

    # A cache of its own: the library tells folders apart by their names alone.
    found = load_dataset(str(out), cache_dir=str(tmp_path / "cache"))
    manifest = json.loads((out / "manifest.json").read_text())

    assert {name: split.num_rows for name, split in found.items()} == {
        name: sum(file["rows"] for file in files) for name, files in manifest["splits"].items()
    }
    assert DatasetCard.load(out / "README.md").data.to_dict()["license"] == "other"
    monkeypatch.chdir(out)
    pictures = found["train"].cast_column("images", List(Image()))
    assert [image.size for row in pictures for image in row["images"]]
