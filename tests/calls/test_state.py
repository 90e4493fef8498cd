"""The state in SQL is the state in Python, whatever the dates; sentences exist for each; words are counted as people do."""

from datetime import UTC, datetime, timedelta
from itertools import product
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from calls import sentences, workflow
from calls.cards import left
from calls.markdown import to_html
from calls.queries import call_state_sql
from calls.sections import words

NOW = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
MOMENTS = [None, *(NOW + timedelta(seconds=s) for s in (-3600, -1, 0, 1, 3600))]
FIELDS = ("opened_at", "closes_at", "cancelled_at", "ranked_at", "released_at")


async def test_sql_and_python_agree_on_every_order_of_dates(db):
    """All 6⁵ ways for five dates to be absent, past, a second ago, now, in a second, or to come."""
    rows = [SimpleNamespace(**dict(zip(FIELDS, dates, strict=True))) for dates in product(MOMENTS, repeat=5)]
    expression = call_state_sql(NOW).compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    names = ", ".join(FIELDS)
    arrays = ", ".join(f"CAST(:{name} AS timestamptz[])" for name in FIELDS)
    asked = await db.execute(
        text(f"SELECT {expression} FROM unnest({arrays}) WITH ORDINALITY AS calls({names}, n) ORDER BY n"),
        {name: [getattr(row, name) for row in rows] for name in FIELDS},
    )
    assert list(asked.scalars()) == [workflow.call_state(row, NOW) for row in rows]


@pytest.mark.parametrize("dates", list(product((None, NOW - timedelta(days=1)), repeat=5)))
@pytest.mark.parametrize("kind", ["dated", "rolling", "direct"])
def test_every_state_has_a_label_and_a_sentence_for_each_side(kind, dates):
    call = SimpleNamespace(**dict(zip(FIELDS, dates, strict=True)), cancel_reason="Péril.", kind=kind)
    assert sentences.call_label(call, NOW)
    assert sentences.call_sentence(call, NOW).endswith(".")
    assert sentences.organiser_sentence(call, NOW).endswith(".")
    for submitted, withdrawn in product((None, NOW), repeat=2):
        file = SimpleNamespace(submitted_at=submitted, withdrawn_at=withdrawn)
        assert sentences.application_label(file, call, NOW)
        assert sentences.application_sentence(file, call, NOW).endswith(".")


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (12 * 1440 + 5, "12 jours"),
        (2 * 1440, "2 jours"),
        (47 * 60 + 59, "47 heures"),
        (119, "119 minutes"),
        (0, "0 minute"),
    ],
)
def test_time_left_is_never_rounded_up(minutes, said):
    assert left(NOW + timedelta(minutes=minutes), NOW) == said


@pytest.mark.parametrize(
    ("typed", "count"), [("", 0), ("Un atelier", 2), ("l’été — 12 m² !", 3), ("  deux\n\tlignes ", 2), ("- liste", 1)]
)
def test_words_are_counted_as_people_count(typed, count):
    assert words(typed) == count


EVIL = st.lists(
    st.sampled_from(
        ["<script>", "</script>", "<img src=x onerror=a>", "[a](javascript:b)", "![i](http://x)", "<div hx-get=/x>", "&lt;", "`", "**",
         "\n\n", "# ", "[b]: data:text/html,x\n", "<svg/onload=a>", "](", "<a href='vbscript:x'>", '" onclick="', "texte "]
    ),
    max_size=12,
).map("".join)  # fmt: skip


@given(EVIL | st.text(max_size=80))
def test_no_markdown_makes_anything_that_acts(typed):
    from html.parser import HTMLParser

    found: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.append((tag, dict(attrs)))

    Reader().feed(str(to_html(typed)))
    for tag, attrs in found:
        assert tag not in {"script", "img", "svg", "div", "iframe", "style", "h1", "h2"}
        assert set(attrs) <= {"href", "rel"}
        assert (attrs.get("href") or "https:").startswith(("http:", "https:", "mailto:", "/", "#")) or ":" not in (
            attrs["href"] or ""
        )
