"""Settings: their defaults, where they come from, what is not valid."""

from pathlib import Path

import pytest

from feedbackstore import settings
from feedbackstore.errors import Unusable


def test_every_setting_has_a_default_that_parses() -> None:
    values = settings.load({})

    assert values["DATABASE_URL"] == "sqlite:///feedback.db"
    assert values["MAX_BODY_BYTES"] == 8 * 1024 * 1024
    assert set(values) == {setting.name for setting in settings.SETTINGS}


def test_a_setting_is_read_from_its_variable() -> None:
    assert settings.load({"FEEDBACKSTORE_WORKERS": "5"})["WORKERS"] == 5


def test_a_setting_is_read_from_the_file_that_its_variable_names(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("sqlite:///elsewhere.db\n")

    values = settings.load({"FEEDBACKSTORE_DATABASE_URL_FILE": str(secret)})

    assert values["DATABASE_URL"] == "sqlite:///elsewhere.db"


@pytest.mark.parametrize("text", ["many", "0", "-1", "1.5", "٣", "1001", "9" * 20])
def test_what_is_no_value_is_refused_by_name(text: str) -> None:
    with pytest.raises(Unusable, match=f"FEEDBACKSTORE_THREADS={text} is not valid"):
        settings.load({"FEEDBACKSTORE_THREADS": text})


def test_a_setting_may_be_0_where_that_turns_it_off() -> None:
    assert settings.load({"FEEDBACKSTORE_DUPLICATE_SECONDS": "0"})["DUPLICATE_SECONDS"] == 0
    with pytest.raises(Unusable, match="a whole number from 0 to 86400 is needed"):
        settings.load({"FEEDBACKSTORE_DUPLICATE_SECONDS": "86401"})


def test_a_file_that_cannot_be_read_is_named() -> None:
    with pytest.raises(Unusable, match="FEEDBACKSTORE_WORKERS_FILE=/no/such cannot be read"):
        settings.load({"FEEDBACKSTORE_WORKERS_FILE": "/no/such"})


@pytest.mark.parametrize("text", ["a b", "https://a", "a:80", ",", "a,,b", "*.a", "a" * 9 + "é"])
def test_what_is_no_name_of_a_host_is_refused(text: str) -> None:
    with pytest.raises(Unusable, match=r"FEEDBACKSTORE_TRUSTED_HOSTS=.*names without their ports"):
        settings.load({"FEEDBACKSTORE_TRUSTED_HOSTS": text})


def test_settings_of_who_may_ask_how_often() -> None:
    values = settings.load(
        {
            "FEEDBACKSTORE_TRUSTED_HOSTS": "a.example, .b.example",
            "FEEDBACKSTORE_RATE_LIMIT_PER_KEY": "600/minute",
            "FEEDBACKSTORE_TRUSTED_PROXIES": "0",
        }
    )

    assert values["TRUSTED_HOSTS"] == ["a.example", ".b.example"]
    assert values["RATE_LIMIT_PER_KEY"] == (600, 60)
    assert values["TRUSTED_PROXIES"] == 0
    with pytest.raises(Unusable, match="FEEDBACKSTORE_FAILED_SIGN_INS=many is not valid: off or"):
        settings.load({"FEEDBACKSTORE_FAILED_SIGN_INS": "many"})
