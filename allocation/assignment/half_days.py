"""Half-days of the week in words. Pure."""

from collections.abc import Iterable

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


def half_days(slots: Iterable[int]) -> list[str]:
    """0 is Monday morning … 13 Sunday afternoon: « lundi matin », and « mardi » when the day is whole. In French."""
    held = set(slots)
    said = []
    for number, day in enumerate(DAYS):
        morning, afternoon = 2 * number in held, 2 * number + 1 in held
        if morning and afternoon:
            said.append(day)
        elif morning or afternoon:
            said.append(f"{day} {'matin' if morning else 'après-midi'}")
    return said
