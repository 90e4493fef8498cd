"""A call outside its page: calendar file, Atom feed, what the poster needs. Pure but for the site's own address."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as Xml

from markupsafe import Markup

from calls.cards import Card
from calls.visits import SlotView
from intervalle.i18n import _, area, instant
from intervalle.settings import settings

ATOM = "http://www.w3.org/2005/Atom"


def address(path: str) -> str:
    return f"{settings().base_url}{path}"


def calendar(card: Card, slots: Sequence[SlotView], extensions: int = 0) -> bytes:
    """Closing, visits, end of questions, decision, entry: each an event with an identifier that stays its own.

    `extensions` moves the sequence number on, so that a calendar that has the file replaces the old hour.
    """
    call, version = card.call, card.version
    import icalendar  # a quarter of a second that only a calendar needs

    made = icalendar.Calendar()
    made.add("prodid", "-//Intervalle//Appels//FR")
    made.add("version", "2.0")
    made.add("name", call.title)
    made.add("x-wr-calname", call.title)
    if call.closes_at:
        made.add_component(_event(card, "cloture", _("Clôture : %(title)s", title=call.title), call.closes_at))
    if version.questions_until:
        made.add_component(
            _event(card, "questions", _("Fin des questions : %(title)s", title=call.title), version.questions_until)
        )
    for s in slots:
        what = _("Visite : %(title)s", title=s.place or call.title)
        visit = _event(card, f"visite-{s.slot.id}", what, s.slot.starts_at, s.slot.ends_at)
        if s.slot.meeting_point:
            visit.add("location", s.slot.meeting_point)
        made.add_component(visit)
    if version.decision_on:
        made.add_component(_event(card, "decision", _("Décision : %(title)s", title=call.title), version.decision_on))
    if version.occupation_from:
        made.add_component(
            _event(card, "entree", _("Entrée dans les lieux : %(title)s", title=call.title), version.occupation_from)
        )
    for event in made.walk("VEVENT"):
        event.add("sequence", version.number - 1 + extensions)
    return bytes(made.to_ical())


def _event(card: Card, key: str, summary: str, start: datetime | date, end: datetime | None = None) -> Any:
    """An instant is written in UTC: no calendar can misread its time zone. A day is a whole day."""
    import icalendar

    made = icalendar.Event()
    made.add("uid", f"appel-{card.call.id}-{key}@{urlsplit(settings().base_url).hostname}")
    made.add("dtstamp", (card.version.frozen_at or card.call.created_at).astimezone(UTC))
    made.add("summary", summary)
    made.add("url", address(f"/appels/{card.call.id}"))
    if isinstance(start, datetime):
        made.add("dtstart", start.astimezone(UTC))
        made.add("dtend", (end or start).astimezone(UTC))
        made.add("description", instant(start))
    else:
        made.add("dtstart", start)
        made.add("dtend", start + timedelta(days=1))
    return made


def feed(cards: Sequence[Card]) -> bytes:
    """Atom 1.0 (RFC 4287) of published calls, the latest published first."""
    Xml.register_namespace("", ATOM)
    root = Xml.Element(f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": "fr"})
    _text(root, "id", address("/appels.atom"))
    _text(root, "title", _("Appels à candidatures"))
    _text(root, "updated", _when(max((_updated(card) for card in cards), default=datetime(2000, 1, 1, tzinfo=UTC))))
    Xml.SubElement(root, f"{{{ATOM}}}link", {"rel": "self", "href": address("/appels.atom")})
    Xml.SubElement(root, f"{{{ATOM}}}link", {"href": address("/appels")})
    for card in cards:
        entry = Xml.SubElement(root, f"{{{ATOM}}}entry")
        _text(entry, "id", address(f"/appels/{card.call.id}"))
        _text(entry, "title", card.call.title)
        _text(entry, "updated", _when(_updated(card)))
        _text(entry, "published", _when(card.call.opened_at or card.call.created_at))
        _text(Xml.SubElement(entry, f"{{{ATOM}}}author"), "name", card.organiser.name)
        Xml.SubElement(entry, f"{{{ATOM}}}link", {"href": address(f"/appels/{card.call.id}")})
        facts = [", ".join(card.places), area(card.area) if card.area else "", card.price, card.sentence]
        _text(entry, "summary", " · ".join(part for part in facts if part))
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True))


def _updated(card: Card) -> datetime:
    return card.version.frozen_at or card.call.opened_at or card.call.created_at


def _when(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds")


def _text(parent: Xml.Element, name: str, text: str) -> None:
    # XML 1.0 has no place for control characters that a title may have been pasted with.
    Xml.SubElement(parent, f"{{{ATOM}}}{name}").text = "".join(c for c in text if c >= " " or c in "\n\t")


def qr(path: str) -> Markup:
    """The address as a square to photograph; error correction M survives a fold or a stain."""
    import segno

    drawn = segno.make(address(path), error="m", micro=False)
    return Markup(drawn.svg_inline(scale=4, border=0, dark="#0e5246"))  # noqa: S704 - drawn from our own address
