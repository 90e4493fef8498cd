"""Everything that changes between one deployment and the next, read once from the environment."""

import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Settings:
    """One deployment. Every field has a value that works on a newcomer's machine, except the secret in production."""

    database_url: str = "postgresql+psycopg://localhost/intervalle"
    secret: str = "demonstration-seulement"  # noqa: S105 - refused outside the demo, see check()
    base_url: str = "http://127.0.0.1:8000"
    files: str = f"file://{ROOT / '.intervalle' / 'files'}"
    mail: str = f"file:{ROOT / '.intervalle' / 'mail'}"
    mail_from: str = "Intervalle <ne-pas-repondre@intervalle.example>"
    demo: bool = False
    geocoder_url: str = "https://data.geopf.fr/geocodage"
    companies_url: str = "https://recherche-entreprises.api.gouv.fr"  # empty: never asked
    basemap_url: str = "https://data.geopf.fr/annexes/ressources/vectorTiles/styles/PLAN.IGN/gris.json"
    clamd: str = ""  # unix:/run/clamav/clamd.ctl or tcp://host:3310; empty: files say « non analysé »
    trusted_proxies: tuple[str, ...] = field(default_factory=tuple)
    second_factor_required: bool = True

    @property
    def secure(self) -> bool:
        """Cookies carry Secure (and the __Host- prefix) when the site is served over TLS."""
        return self.base_url.startswith("https://")

    def check(self) -> None:
        """Refuse to start a real deployment with the demonstration's secret."""
        if not self.demo and self.secret == Settings.secret:
            raise SystemExit(
                "INTERVALLE_SECRET manque : donnez une valeur longue et secrète avant de démarrer hors démonstration."
            )


def from_environment(environment: dict[str, str]) -> Settings:
    """Read INTERVALLE_* variables; unknown ones are left alone, absent ones keep the default."""
    default = Settings()
    read = environment.get
    return Settings(
        database_url=read("INTERVALLE_DATABASE_URL", default.database_url),
        secret=read("INTERVALLE_SECRET", default.secret),
        base_url=read("INTERVALLE_BASE_URL", default.base_url).rstrip("/"),
        files=read("INTERVALLE_FILES", default.files),
        mail=read("INTERVALLE_MAIL", default.mail),
        mail_from=read("INTERVALLE_MAIL_FROM", default.mail_from),
        demo=read("INTERVALLE_DEMO", "") == "1",
        geocoder_url=read("INTERVALLE_GEOCODER_URL", default.geocoder_url),
        companies_url=read("INTERVALLE_COMPANIES_URL", default.companies_url).rstrip("/"),
        basemap_url=read("INTERVALLE_BASEMAP_URL", default.basemap_url),
        clamd=read("INTERVALLE_CLAMD", default.clamd),
        trusted_proxies=tuple(p.strip() for p in read("INTERVALLE_TRUSTED_PROXIES", "").split(",") if p.strip()),
        second_factor_required=read("INTERVALLE_SECOND_FACTOR", "1") == "1",
    )


@cache
def settings() -> Settings:
    return from_environment(dict(os.environ))
