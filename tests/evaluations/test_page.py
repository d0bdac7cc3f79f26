"""The report for a terminal and for a browser: nothing in it steers either."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from feedbackstore.evaluations import charts, page, sections, table
from feedbackstore.evaluations.rates import Rate
from feedbackstore.evaluations.tally import Counts, Outcome
from tests.conftest import Predict, Say
from tests.evaluations.conftest import Evaluate

HOSTILE = "</title><script>alert(1)</script>\"'><img src=//x onerror=y>\x1b[2J\u202e&amp;"


class Seen(HTMLParser):
    """Every element of a page, and every attribute."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.fixture
def hostile(predict: Predict, say: Say) -> None:
    for model in (HOSTILE, "m"):
        predict(
            model[:5], model=model, domain=HOSTILE, output={HOSTILE: HOSTILE, "a": {HOSTILE: 1}}
        )
        say(model[:5], response={HOSTILE: HOSTILE * 2, "a": {HOSTILE: 2}})


@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize("by", ["model", "domain", "week"])
def test_names_and_values_from_outside_are_text_in_the_page(evaluated: Evaluate, by: str) -> None:
    html = page.render(evaluated(by, domain=HOSTILE))

    seen = Seen(html)
    assert not seen.tags & {"script", "img", "link", "iframe", "a"}
    assert not {name for name in seen.attributes if name.startswith("on")} | seen.attributes & {
        "src",
        "href",
        "style",
    }
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "http" not in html.replace("http-equiv", "")
    assert "prefers-color-scheme: dark" in html


@pytest.mark.usefixtures("hostile")
def test_names_and_values_from_outside_are_text_in_the_terminal(evaluated: Evaluate) -> None:
    text = "\n".join(table.render(evaluated(), 3))

    assert all(character.isprintable() for character in text.replace("\n", ""))
    assert "\\u001b[2J" in text


@pytest.mark.usefixtures("judged")
def test_the_page_says_what_the_report_says(evaluated: Evaluate) -> None:
    html = page.render(evaluated(tolerance=0.5))

    assert "structural · tolerance: 0.5" in html
    for said in (
        "7 predictions, 4 judged",
        "<strong>50.0 %</strong> 2 of 4 outputs judged",
        "<strong>60.0 %</strong> 3 of 5 values of all fields",
        "1 × <code>&quot;$1,200.00&quot;</code> → <code>&quot;1200&quot;</code>",
        "rated down: wrong, but nobody said what is right",
        "2026-W42: 100.0 % corrected (2 of 2; 5 predictions); 95 %: 34.2 to 100.0 %",
    ):
        assert said in html, said


@pytest.mark.usefixtures("judged")
def test_every_chart_is_an_svg_with_words_for_who_cannot_see_it(evaluated: Evaluate) -> None:
    report = evaluated()
    for chart in (charts.bar(report.total.accuracy), sections.weeks(report)):
        svg = next(ET.fromstring(chart).iter("svg"))
        assert svg.tag == "svg"
        assert svg.get("aria-label")
        assert "style" not in chart


def test_a_chart_of_nothing_is_nothing_and_a_long_one_shows_the_latest_year() -> None:
    assert charts.bar(Rate(0, 0)) == charts.weeks([]) == ""
    judged = Counts()
    judged.count_in(Outcome.RATED_DOWN, exact=False)

    many = charts.weeks(
        (f"{year}-W{week:02}", judged) for year in range(3) for week in range(1, 53)
    )

    assert len(re.findall("<rect", many)) == 52
    assert "0-W" not in many
    assert "2-W52</text>" in many


def test_where_there_is_nothing_the_page_says_so(evaluated: Evaluate, predict: Predict) -> None:
    assert "No prediction matches." in page.render(evaluated())
    predict("x")
    assert "No feedback matches: of 1 prediction none was judged." in page.render(evaluated())


def test_where_answers_are_texts_there_are_matches_and_no_fields(
    evaluated: Evaluate, predict: Predict, say: Say
) -> None:
    predict("unjudged", created_at="2026-10-14T12:00:00Z")
    predict("x", output="Yes.", created_at="2026-10-21T12:00:00Z")
    say("x", response={"role": "assistant", "content": "No."})

    report = evaluated()
    html, text = page.render(report), "\n".join(table.render(report, 3))

    assert "0 of 1 outputs judged" in html
    assert "2026-W42: none of 1 prediction judged" in html
    assert "Fields" not in html
    assert "accuracy  " not in text.split("model")[0]
