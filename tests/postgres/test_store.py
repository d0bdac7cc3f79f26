"""What a store on a server is to whoever uses and looks after it."""

import json
import secrets
from pathlib import Path

import pytest

from exports.cli import export_jsonl
from feedbackstore import (
    database,
    erasure,
    feedback,
    keys,
    migrations,
)
from feedbackstore.cli import migrate
from feedbackstore.doctor import doctor_command
from feedbackstore.erasing import erase_command
from feedbackstore.models import Project
from feedbackstore.safekeeping import (
    backup_command,
    check_command,
    restore_command,
)
from feedbackstore.wording import worded
from tests.cluster import Cluster
from tests.postgres.conftest import asked, fill, run


def test_texts_are_ordered_byte_by_byte_in_whatever_language_the_server_is(
    synced: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = synced.new()
    synced.create(url, options="LOCALE_PROVIDER icu ICU_LOCALE 'sv-SE'")
    monkeypatch.setenv("FEEDBACKSTORE_DATABASE_URL", url)
    names = ["Zz", "a", "ä", "B", "ö", "-z", "Å"]
    try:
        with asked(url) as connection:
            ((theirs,),) = connection.execute(
                "SELECT array_agg(n ORDER BY n) FROM unnest(%s::text[]) AS n", (names,)
            )
        assert theirs != sorted(names)

        migrations.upgrade(url)
        for name in names:
            Project.create(name=name, created_at="")
        assert [each.name for each in keys.list_projects()] == sorted(names)
    finally:
        database.close()
        synced.drop(url)


def test_a_server_that_is_not_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDBACKSTORE_DATABASE_URL", "postgresql://me:secret@127.0.0.1:1/shop")
    for command in (migrate, export_jsonl, check_command):
        found = run(command)
        assert found.exit_code == 1
        assert "PostgreSQL database shop on 127.0.0.1 cannot be used" in found.output
        assert "Check that the server runs" in found.output
        assert "secret" not in found.output
        assert "Traceback" not in found.output


def test_what_is_for_files_says_whose_it_is(store: str, tmp_path: Path) -> None:
    for command in (backup_command, restore_command):
        found = run(command, str(tmp_path / "copy.db"))
        assert found.exit_code == 1
        assert "pg_dump" in found.output


def test_a_good_store_is_counted_and_looked_after(project: int) -> None:
    fill(project)
    found = run(check_command, "--json")
    assert found.exit_code == 0, found.output
    signs = [json.loads(line) for line in found.stdout.splitlines()]
    assert {sign["level"] for sign in signs} == {"ok"}
    (counted,) = (sign for sign in signs if sign["name"] == "project")
    assert (counted["figures"]["predictions"], counted["figures"]["feedback"]) == (20, 27)

    found = run(doctor_command)
    assert "bad" not in [line.split()[0] for line in found.stdout.splitlines()], found.output
    assert "backups" not in found.output


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("SELECT ? WHERE a IS ?", "SELECT %s WHERE a IS NOT DISTINCT FROM %s"),
        (
            "a IS NOT b AND c IS NOT NULL AND d IS NULL",
            "a IS DISTINCT FROM b AND c IS NOT NULL AND d IS NULL",
        ),
        ("x = :name AND y IS :other", "x = %(name)s AND y IS NOT DISTINCT FROM %(other)s"),
        ("FROM main.a CROSS JOIN temp.b USING (c)", "FROM a JOIN pg_temp.b USING (c)"),
    ],
)
def test_our_statements_are_said_in_its_words(ours: str, theirs: str) -> None:
    assert worded(ours) == theirs


def test_what_is_erased_goes_and_with_vacuum_from_the_servers_files_too(
    project: int, synced: Cluster
) -> None:
    # Too short to be compressed, or kept apart.
    mark = secrets.token_hex(100)
    feedback.submit(project, request_id="x", notes=mark)
    feedback.submit(project, request_id="y", notes="n")
    with asked(database.proxy.address()) as connection:
        sampled = f"SELECT count(*) FROM pg_stats WHERE histogram_bounds::text LIKE '%{mark}%'"
        connection.execute("ANALYZE")
        assert connection.execute(sampled).fetchone() == (1,)
    planned = erasure.plan(keys.get_project("default"), name=("request", "x"))
    done = erasure.erase(planned)
    assert (done.counts.feedback, done.flushed) == (1, True)
    with asked(database.proxy.address()) as connection:
        assert connection.execute(sampled).fetchone() == (0,)
    database.rebuild()
    with asked(database.proxy.address()) as connection:
        connection.execute("CHECKPOINT")
        ((place,),) = connection.execute("SELECT pg_relation_filepath('feedback')")
    files = (synced.directory / "data" / place).parent.iterdir()
    assert [each.name for each in files if mark.encode() in each.read_bytes()] == []
    found = run(erase_command, "--request-id", "y", "--yes")
    assert "PostgreSQL keeps it in its log, and in free room of its files" in found.stderr
