"""`python -m release DIST`: wheel, sdist, feedbackstore.pyz, SBOM and the sums of all of them."""

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from release import pyz, sbom, source


def build(dist: Path) -> None:
    """Build all of a release into a directory, in the place of what was built before."""
    dist.mkdir(parents=True, exist_ok=True)
    for pattern in ("feedbackstore*", "SHA256SUMS"):
        for old in dist.glob(pattern):
            old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        tree = source.copy(Path(folder) / "tree")
        subprocess.run(
            [sys.executable, "-m", "build", "--no-isolation", "--outdir", dist.absolute(), tree],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        site = pyz.packages(Path(folder))
        pyz.pack(site, dist / "feedbackstore.pyz")
        listed = sbom.render(site, source.moment())
        (dist / "feedbackstore.cdx.json").write_text(listed, encoding="utf-8")
    made = sorted(dist.glob("feedbackstore*"))
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in made]
    (dist / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")


if __name__ == "__main__":
    build(Path(sys.argv[1]))
