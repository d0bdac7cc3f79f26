"""What Python runs of feedbackstore.pyz: unpacked the first time, its program is started."""

import os
import stat
import sys
import tempfile

if sys.version_info < (3, 11):  # noqa: UP036 -- an older Python gets this far, and no further
    sys.exit("feedbackstore.pyz needs Python 3.11 or newer; this is %d.%d." % sys.version_info[:2])

BUILD = "@BUILD@"


def places():
    """Where to unpack, the best first; what is named by SHIV_ROOT is the only one."""
    named = os.environ.get("SHIV_ROOT")
    if named:
        yield named
        return
    for variable in ("CACHE_DIRECTORY", "XDG_CACHE_HOME"):
        if os.environ.get(variable):
            yield os.path.join(os.environ[variable].split(":")[0], "feedbackstore")
    home = os.environ.get("HOME", "")
    if os.path.isabs(home) and os.path.isdir(home):
        yield os.path.join(home, ".cache", "feedbackstore")
    scheme, database = "sqlite:///", os.environ.get("FEEDBACKSTORE_DATABASE_URL", "")
    if database.startswith(scheme):
        yield os.path.join(os.path.dirname(database[len(scheme) :]), ".feedbackstore-cache")
    yield os.path.join(tempfile.gettempdir(), "feedbackstore-%d" % os.geteuid())


def is_ours(place):
    """Whether a directory is there, or can be made, that nobody else can put code into."""
    try:
        os.makedirs(place, mode=0o700, exist_ok=True)
        found = os.lstat(place)
    except OSError:
        return False
    is_private = found.st_uid == os.geteuid() and not found.st_mode & 0o022
    return stat.S_ISDIR(found.st_mode) and is_private and os.access(place, os.W_OK)


def unpacked():
    """Where the packages are, unpacked and compiled by whoever comes first; the others wait."""
    for place in places():
        if place and is_ours(place):
            packages = os.path.join(os.path.abspath(place), "feedbackstore-" + BUILD)
            break
    else:
        sys.exit(
            "feedbackstore.pyz finds no place to unpack itself to. Name a directory that only you"
            " may write: SHIV_ROOT=/path"
        )
    if not os.path.isdir(packages):
        _unpack(packages)
    return os.path.join(packages, "site-packages")


def _unpack(packages):
    import zipfile  # noqa: PLC0415 -- only the first start pays for it
    from pathlib import Path  # noqa: PLC0415

    from _bootstrap import extract_site_packages  # noqa: PLC0415

    try:
        with zipfile.ZipFile(os.path.dirname(__file__)) as archive:
            extract_site_packages(archive, Path(packages), compile_pyc=True, compile_workers=1)
    except OSError as error:
        sys.exit(
            "feedbackstore.pyz could not unpack itself to %s: %s. Make room there, or name another"
            " directory: SHIV_ROOT=/path" % (packages, error.strerror or error)
        )


if __name__ == "__main__":
    sys.path.insert(0, unpacked())
    from feedbackstore.commands import main

    main()
