"""A dataset's card: the README.md that the Hugging Face hub reads, and people too.

The YAML between the dashes is the hub's (huggingface.co/docs/hub/datasets-cards); `load_dataset`
finds the splits by it.
"""

import json
from typing import Any, Final

from exports.example import EXPLAINED, Reason
from exports.formats.interface import Format

_SIZES: Final = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)
_LARGER: Final = "10M<n<100M"
_IMAGES: Final = (
    "Images are files in `images/`, named after their content; rows hold their paths, relative to"
    " this folder. To have them opened: `dataset.cast_column('images', List(Image()))`."
)


def write(manifest: dict[str, Any], form: Format, columns: dict[str, str], license_: str) -> str:
    """The card of a dataset with this manifest; `columns` are names with JSON types."""
    splits = manifest["splits"]
    lines = [
        "---",
        f"license: {json.dumps(license_)}",
        "tags:",
        "- feedbackstore",
        f"- {str(form.task).replace(' ', '-')}",
        "size_categories:",
        f"- {_size(manifest['written'])}",
        "configs:",
        "- config_name: default",
        "  data_files:",
    ]
    for split in splits:
        lines += [f"  - split: {split}", f"    path: data/{split}-*"]
    lines += ["---", "", f"# {form.name}", "", f"{form.help} Made for: {form.readers}."]
    lines += ["", "| split | rows | files |", "| --- | --- | --- |"]
    for split, files in splits.items():
        lines.append(f"| {split} | {sum(file['rows'] for file in files)} | {len(files)} |")
    lines += ["", "| column | type |", "| --- | --- |"]
    lines += [f"| `{name}` | {type_} |" for name, type_ in columns.items()]
    lines += ["", "## Where it comes from", ""]
    lines.append(
        f"{manifest['read']} pieces of people's feedback were read, {manifest['used']} became rows."
    )
    lines += ["", "| rows | of |", "| --- | --- |"]
    lines += [f"| {rows} | {_cell(source)} |" for source, rows in manifest["sources"].items()]
    lines += ["", "| filter | value |", "| --- | --- |"]
    lines += [f"| {name} | {_cell(value)} |" for name, value in manifest["filters"].items()]
    if manifest["left_out"]:
        lines += ["", "| left out | for |", "| --- | --- |"]
        lines += [
            f"| {number} | {EXPLAINED[Reason(reason)]} |"
            for reason, number in manifest["left_out"].items()
        ]
    if form.images is not None and manifest.get("images", {}).get("files"):
        lines += ["", _IMAGES]
    lines += ["", "`manifest.json` holds every file's hash.", ""]
    return "\n".join(lines)


def columns_of(row: dict[str, Any]) -> dict[str, str]:
    """The columns of a row with their JSON types."""
    return {name: _TYPES.get(type(value), "string") for name, value in row.items()}


_TYPES: Final = {
    dict: "object",
    list: "list",
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
}


def _size(rows: int) -> str:
    return next((name for limit, name in _SIZES if rows < limit), _LARGER)


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
