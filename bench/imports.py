"""`flask import-predictions`, beside sqlite3's executemany of the same texts."""

import sys
from itertools import count
from pathlib import Path
from typing import Final

from bench import material, stores
from bench.processes import Run, run
from bench.rounds import alternate, compared
from bench.sizes import Sizes
from bench.stores import BIN

_RAW: Final = "raw sqlite3, executemany"
_OURS: Final = "flask import-predictions"


def measure(directory: Path, sizes: Sizes) -> str:
    """The section of the report."""
    lines, texts = directory / "predictions.jsonl", directory / "predictions.txt"
    with lines.open("w", encoding="utf-8") as file:
        file.writelines(map(material.prediction_line, range(sizes.imported)))
    with texts.open("w", encoding="utf-8") as file:
        file.writelines(
            "\t".join(map(str, stores.prediction(n))) + "\n" for n in range(sizes.imported)
        )
    numbers = count()

    def into_fresh(*command: str | Path) -> Run:
        place = directory / f"import-{next(numbers)}"
        store = stores.fresh(place)
        told = [store.database if word == "DATABASE" else word for word in command]
        took = run(told, place / "log", store.environ)
        ((rows,),) = store.ask("SELECT count(*) FROM prediction")
        if rows != sizes.imported:
            raise RuntimeError(f"{rows:,} of {sizes.imported:,} predictions came in")
        for path in place.iterdir():
            path.unlink()
        return took

    ways = {
        _RAW: lambda: into_fresh(sys.executable, "-m", "bench.raw", "import", "DATABASE", texts),
        _OURS: lambda: into_fresh(BIN / "flask", "import-predictions", lines),
    }
    runs = alternate(ways, sizes.rounds)
    lines.unlink()
    texts.unlink()
    return compared(runs, sizes.imported, "predictions")
