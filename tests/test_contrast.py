"""Every pair of colours that the style sheet can show is computed (WCAG 2.2: 1.4.3 text 4.5, 1.4.11 controls 3).

The pairs are not listed here: they are read from the style sheet. A rule that sets a text colour and a ground is
checked on that ground; a rule that sets the text colour alone is checked on every ground that a page may put under it.
"""

import re
from collections.abc import Iterator
from itertools import product

import pytest

from intervalle.settings import ROOT

CSS = re.sub(r"/\*.*?\*/", "", (ROOT / "src/intervalle/static/intervalle.css").read_text(), flags=re.S)
THEMES = ("light", "dark")
# Grounds that a page spreads under anything, and those that a component spreads under its own children.
GROUNDS = ("page", "surface", "sunken")
NOTES = ("green-tint", "ochre-tint", "red-tint")
STATE_VARIABLES = {"st", "st-tint", "hatch"}
HIGH_CONTRAST = "forced-colors"

Colour = tuple[float, float, float]


def rules() -> Iterator[tuple[str, dict[str, str]]]:
    """(selector, declarations) of each innermost block; a block repeated under a media query counts again."""
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", CSS):
        declarations = dict(part.split(":", 1) for part in split(body, ";") if ":" in part)
        yield (
            selector.rpartition(";")[2].strip(),
            {name.strip(): value.strip() for name, value in declarations.items()},
        )


def split(text: str, separator: str) -> list[str]:
    """Split outside brackets."""
    parts, depth, start = [], 0, 0
    for position, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == separator and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]


TOKENS = {
    name[2:]: value
    for selector, found in rules()
    for name, value in found.items()
    if selector == ":root" and name.startswith("--")
}
STATES = {
    found[1]: {name[2:]: value for name, value in declarations.items()}
    for selector, declarations in rules()
    if (found := re.fullmatch(r"\[data-state=(\w+)\]", selector))
}


def hexadecimal(value: str) -> Colour:
    digits = value[1:] if len(value) == 7 else "".join(2 * d for d in value[1:])
    red, green, blue = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return red, green, blue


def linear(colour: Colour) -> Colour:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
    return red, green, blue


def gamma(colour: Colour) -> Colour:
    clipped = (min(max(c, 0.0), 1.0) for c in colour)
    red, green, blue = (12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055 for c in clipped)
    return red, green, blue


def ratio(one: Colour, other: Colour) -> float:
    """WCAG contrast ratio, 1 to 21."""
    high, low = sorted((0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (linear(one), linear(other))), reverse=True)
    return (high + 0.05) / (low + 0.05)


def oklab(colour: Colour) -> Colour:
    r, g, b = linear(colour)
    long, medium, short = (
        (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3),
        (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3),
        (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3),
    )
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def from_oklab(lab: Colour) -> Colour:
    lightness, a, b = lab
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return gamma(
        (
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        )
    )


def blend(share: float, one: Colour, other: Colour) -> Colour:
    red, green, blue = (share * a + (1 - share) * b for a, b in zip(one, other, strict=True))
    return red, green, blue


def resolve(value: str, theme: str, *, under: Colour, state: str | None = None) -> Colour | None:
    """The opaque colour a value paints over `under`; None when it paints none of its own (inherit, none, a hatch)."""
    value = value.removesuffix("!important").strip()
    if value.startswith("#"):
        return hexadecimal(value)
    if value == "transparent":
        return under
    if found := re.fullmatch(r"var\(--([\w-]+)\)", value):
        known = TOKENS | (STATES[state] if state else {})
        return resolve(known[found[1]], theme, under=under, state=state)
    if value.startswith("light-dark("):
        light, dark = split(value.removeprefix("light-dark(").removesuffix(")"), ",")
        return resolve(light if theme == "light" else dark, theme, under=under, state=state)
    if found := re.fullmatch(r"color-mix\(in oklab, (.+) ([\d.]+)%, (.+)\)", value):
        share, first = float(found[2]) / 100, resolve(found[1], theme, under=under, state=state)
        second = resolve(found[3], theme, under=under, state=state)
        assert first is not None
        assert second is not None
        # Mixed with `transparent`, a colour keeps its hue and thins: the screen then blends it in sRGB.
        if found[3] == "transparent":
            return blend(share, first, under)
        return from_oklab(blend(share, oklab(first), oklab(second)))
    return None


def token(name: str, theme: str, state: str | None = None) -> Colour:
    found = resolve(f"var(--{name})", theme, under=(0, 0, 0), state=state)
    assert found is not None, name
    return found


def states_of(declarations: dict[str, str]) -> list[str | None]:
    """The states in which a rule shows itself differently."""
    used = {name for value in declarations.values() for name in re.findall(r"var\(--([\w-]+)\)", value)}
    return list(STATES) if used & STATE_VARIABLES else [None]


def text_rules() -> Iterator[tuple[str, dict[str, str], str | None]]:
    for selector, declarations in rules():
        if "color" in declarations and HIGH_CONTRAST not in selector:
            for state in states_of(declarations):
                yield selector, declarations, state


def failures_of_text(theme: str) -> list[str]:
    failed = []
    for selector, declarations, state in text_rules():
        own = declarations.get("background", "")
        grounds = GROUNDS if own not in ("", "transparent") else (*GROUNDS, *NOTES)
        for ground in grounds:
            under = token(ground, theme)
            painted = resolve(own, theme, under=under, state=state) if own else under
            text = resolve(declarations["color"], theme, under=under, state=state)
            if text and painted and ratio(text, painted) < 4.5:
                failed.append(f"{selector} [{state}] on {ground}: {ratio(text, painted):.2f}")
    return failed


def test_the_computation_is_the_published_one() -> None:
    """Known values: WCAG's two ends, its classic border-line grey, and CSS Color 4's mix of black and white."""
    white, black = hexadecimal("#fff"), hexadecimal("#000000")
    assert ratio(white, black) == pytest.approx(21)
    assert ratio(hexadecimal("#767676"), white) == pytest.approx(4.54, abs=0.005)
    assert from_oklab(oklab(hexadecimal("#0e5246"))) == pytest.approx(hexadecimal("#0e5246"), abs=1e-4)
    assert from_oklab(blend(0.5, oklab(white), oklab(black))) == pytest.approx((0.3884,) * 3, abs=1e-3)


def test_the_style_sheet_was_read() -> None:
    assert set(STATES) == {"vacant", "call", "selection", "awarded", "occupied", "works", "none"}
    assert {"page", "surface", "ink", "muted", "control", "focus", "on-green"} <= set(TOKENS)
    assert len(list(text_rules())) > 30
    assert all(resolve(TOKENS[name], theme, under=(0, 0, 0)) for name in ("ink", "ochre-fill") for theme in THEMES)


@pytest.mark.parametrize("theme", THEMES)
def test_every_text_is_read_on_every_ground_it_may_stand_on(theme: str) -> None:
    assert failures_of_text(theme) == []


@pytest.mark.parametrize("theme", THEMES)
def test_plain_text_is_read_on_every_ground(theme: str) -> None:
    """Ink is inherited: it may stand on any ground of the sheet, tints and scores included."""
    failed = []
    for selector, declarations in rules():
        ground = declarations.get("background", "")
        if "color" in declarations or ":before" in selector or "selection" in selector:
            continue
        for state, base in product(states_of(declarations), GROUNDS):
            painted = resolve(ground, theme, under=token(base, theme), state=state)
            if painted and ratio(token("ink", theme), painted) < 4.5:
                failed.append(f"{selector} [{state}] over {base}: {ratio(token('ink', theme), painted):.2f}")
    assert failed == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["control", "green", "red", "focus"])
def test_controls_and_focus_stand_out(theme: str, name: str) -> None:
    """Borders that tell a control, and the ring of the keyboard: 3:1 against every ground around them."""
    found = {ground: ratio(token(name, theme), token(ground, theme)) for ground in GROUNDS}
    assert min(found.values()) >= 3, found


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("state", sorted(STATES))
def test_a_state_is_seen_by_its_colour_on_its_tint(theme: str, state: str) -> None:
    """Text of the badge, and lines of the hatch, which also carries the state on maps and bars."""
    colour = token("st", theme, state)
    assert ratio(colour, token("st-tint", theme, state)) >= 4.5
    assert min(ratio(colour, token(ground, theme)) for ground in GROUNDS) >= 3


@pytest.mark.parametrize("theme", THEMES)
def test_parts_of_a_meter_stand_out_of_its_ground(theme: str) -> None:
    fills = [(s, d["fill"]) for s, d in rules() if s.startswith(".meter rect")]
    assert len(fills) == 3
    ground = token("surface", theme)
    painted = {s: resolve(value, theme, under=ground) for s, value in fills}
    assert {s: ratio(c, ground) for s, c in painted.items() if c and ratio(c, ground) < 3} == {}
