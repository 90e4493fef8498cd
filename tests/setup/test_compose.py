"""compose.yaml and Dockerfile say what docs/operate.md promises. No Docker engine is needed to read them."""

import re
from typing import Any

import pytest
import yaml

from intervalle.setup.places import ROOT

TEXT = (ROOT / "compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
APPLICATION = ["app", "worker", "migrate"]


def test_services() -> None:
    assert set(SERVICES) == {"app", "worker", "migrate", "database", "proxy", "mail"}
    assert SERVICES["mail"]["profiles"] == ["essai"], "mail is caught only on request"
    assert SERVICES["app"]["deploy"]["replicas"] >= 2


@pytest.mark.parametrize("name", APPLICATION)
def test_application_containers_can_write_nowhere_but_files(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["volumes"] == ["files:/var/lib/intervalle/files"]
    assert "ports" not in service, "only the proxy is reached from outside"


def test_nothing_starts_before_the_catalogue_is_current() -> None:
    for name in ("app", "worker"):
        assert SERVICES[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert SERVICES["migrate"]["depends_on"]["database"]["condition"] == "service_healthy"
    assert SERVICES["migrate"]["command"] == ["migrate"]
    assert SERVICES["migrate"]["restart"] == "no"


def test_health() -> None:
    assert "/pret" in " ".join(SERVICES["app"]["healthcheck"]["test"])
    assert "/sante" in (ROOT / "Dockerfile").read_text()
    assert SERVICES["proxy"]["depends_on"]["app"]["condition"] == "service_healthy"


def test_every_secret_must_be_given() -> None:
    """A secret has no default value and no value in the file: compose refuses to start without it."""
    for name in ("INTERVALLE_SECRET", "POSTGRES_PASSWORD", "INTERVALLE_HOST"):
        uses = re.findall(rf"\$\{{{name}(:[?-])?", TEXT)
        assert ":?" in uses, name
        assert ":-" not in uses, name
    assert not re.search(r"(PASSWORD|SECRET)\w*: (?!\$)\S", TEXT)


def test_settings_exist_in_the_application() -> None:
    """A misspelt variable would silently keep its default."""
    known = set(re.findall(r"INTERVALLE_\w+", (ROOT / "src/intervalle/settings.py").read_text()))
    given = {name for name in SERVICES["app"]["environment"] if name.startswith("INTERVALLE_")}
    assert given <= known


def test_demonstration_is_never_on() -> None:
    assert "INTERVALLE_DEMO" not in TEXT


def test_volumes_and_networks_are_declared() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source.startswith("./") or source in COMPOSE["volumes"], volume
            assert not source.startswith("./") or (ROOT / source).exists(), volume
        assert set(service.get("networks", [])) <= set(COMPOSE["networks"])


def test_image_is_built_from_files_that_exist() -> None:
    text = (ROOT / "Dockerfile").read_text()
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
    sources = {word for line in copies for word in line.split()}
    assert {"src", "premises", "calls", "allocation", "templates"} <= sources
    assert [source for source in sources if not (ROOT / source).exists()] == []
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert [source for source in sources if source not in kept] == []


def test_image_runs_unprivileged_and_installs_by_hash() -> None:
    text = (ROOT / "Dockerfile").read_text()
    last = text.rsplit("\nFROM ", 1)[1]
    assert re.search(r"^USER intervalle$", last, re.MULTILINE)
    assert "--require-hashes" in text
    assert "PYTHONPATH=/app/src:/app" in last
    assert "npm" not in last.split("COPY", 1)[0]
