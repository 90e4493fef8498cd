"""Bring a database to the current catalogue, from Python (no alembic.ini to keep beside the code)."""

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

MIGRATIONS = Path(__file__).parent / "migrations"
# Alembic keeps the revision in a varchar(32).
REVISION_LENGTH = 32


def config(url: str) -> Config:
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    made.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(slug)s")
    made.attributes["url"] = url
    return made


def revise(url: str, slug: str) -> Path:
    """Write the migration from the database at `url`, which is at the head, to what the models declare.

    It is a draft to read: alembic sees neither changed CHECK and EXCLUDE clauses nor guards. Its revision is its slug.
    Raises ValueError when the database is elsewhere: the draft would undo or repeat what others' migrations do.
    """
    here, heads = standing(url), ScriptDirectory.from_config(config(url)).get_heads()
    if [here] != heads:
        raise ValueError(
            f"Cette base est à la migration {here or 'zéro'}, et la dernière écrite est {', '.join(heads)} : "
            "lancez d’abord « intervalle migrate » (ou repartez d’une base neuve), puis recommencez."
        )
    made = command.revision(config(url), message=slug, autogenerate=True, rev_id=slug[:REVISION_LENGTH])
    if made is None or isinstance(made, list):
        raise ValueError("Une migration, et une seule, doit suivre la dernière.")
    return Path(made.path)


def standing(url: str) -> str | None:
    """The migration a database is at; None for an empty one."""
    with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://", 1)) as db:
        if db.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
            return None
        found = db.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(found[0]) if found else None


def upgrade(url: str, revision: str = "head") -> None:
    command.upgrade(config(url), revision)


def downgrade(url: str, revision: str) -> None:
    command.downgrade(config(url), revision)
