"""Where France is, in degrees. Pure."""

# Metropolitan France and Corsica; the overseas départements have boxes of their own.
FRANCE = (
    (-5.3, 41.2, 9.8, 51.2),
    (-61.9, 15.8, -60.9, 16.6), (-61.3, 14.3, -60.7, 15.0), (-54.7, 2.0, -51.5, 6.0), (55.1, -21.5, 55.9, -20.8), (44.9, -13.1, 45.4, -12.5),
)  # fmt: skip


def in_france(lon: float, lat: float) -> bool:
    return any(west <= lon <= east and south <= lat <= north for west, south, east, north in FRANCE)
