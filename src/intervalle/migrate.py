"""Bring a database to the current catalogue, from Python (no alembic.ini to keep beside the code)."""

from pathlib import Path

from alembic import command
from alembic.config import Config

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
    """
    made = command.revision(config(url), message=slug, autogenerate=True, rev_id=slug[:REVISION_LENGTH])
    if made is None or isinstance(made, list):
        raise ValueError("Une migration, et une seule, doit suivre la dernière.")
    return Path(made.path)


def upgrade(url: str, revision: str = "head") -> None:
    command.upgrade(config(url), revision)


def downgrade(url: str, revision: str) -> None:
    command.downgrade(config(url), revision)
