"""French public holidays and working days. Pure.

Nationwide holidays only, plus Good Friday and 26 December for Alsace-Moselle; the days of overseas territories are
not known here. Used to move a deadline that ends on a day off (CPC art. 642).
"""

from datetime import date, timedelta

_FIXED = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
SATURDAY = 5


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar."""
    golden = year % 19
    century, rest = divmod(year, 100)
    leaps, off = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leaps - correction + 15) % 30
    to_sunday = (32 + 2 * off + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * to_sunday) // 451
    month, day = divmod(epact + to_sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def holidays(year: int, alsace_moselle: bool = False) -> frozenset[date]:
    """Public holidays of a year: eight fixed ones, Easter Monday, Ascension, Whit Monday."""
    sunday = easter(year)
    moving = [sunday + timedelta(days=days) for days in (1, 39, 50)]
    local = [sunday - timedelta(days=2), date(year, 12, 26)] if alsace_moselle else []
    return frozenset([*(date(year, month, day) for month, day in _FIXED), *moving, *local])


def is_working_day(day: date, alsace_moselle: bool = False) -> bool:
    """Neither Saturday, nor Sunday, nor a holiday."""
    return day.weekday() < SATURDAY and day not in holidays(day.year, alsace_moselle)


def next_working_day(day: date, alsace_moselle: bool = False) -> date:
    """The day itself, or the first working day after it."""
    while not is_working_day(day, alsace_moselle):
        day += timedelta(days=1)
    return day
