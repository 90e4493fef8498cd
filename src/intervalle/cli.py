"""The command line: `bin/intervalle COMMAND`. Each command says what it did, in French; errors are one sentence."""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from intervalle.errors import Problem
from intervalle.settings import settings


def main(arguments: list[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["assign"]:
        # The engine alone: no database, no settings.
        from allocation.assignment.command import main as assign

        return assign(given[1:])
    options = parser().parse_args(given)
    try:
        return int(options.run(options) or 0)
    except (Problem, ValueError, FileNotFoundError) as error:
        print(f"{error}", file=sys.stderr)
        return 2


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="intervalle", description="La ligne de commande d’Intervalle.")
    commands = made.add_subparsers(required=True, metavar="COMMANDE")

    def command(name: str, run: Callable[[argparse.Namespace], int | None], explained: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=explained, description=explained)
        one.set_defaults(run=run)
        return one

    command("migrate", migrate, "met le schéma de la base à jour")
    revision = command("revision", revise, "écrit la migration vers ce que les modèles déclarent (développement)")
    revision.add_argument("slug", metavar="SALLE_QUOI", help="par exemple premises_favourites")
    command("demo", demo, "charge la démonstration, une seule fois")
    serve_command = command("serve", serve, "sert l’application")
    serve_command.add_argument("--host", default="127.0.0.1")
    serve_command.add_argument("--port", type=int, default=8000)
    serve_command.add_argument("--workers", type=int, default=1)
    command("worker", worker, "exécute la file de tâches (courriels…)")
    command("messages", messages, "relève les phrases à traduire et met locale/en.po à jour")
    command("assign", lambda options: 0, "calcule une attribution depuis un fichier JSON, sans base de données")
    replay = command("draw", draw_again, "refait un tirage au sort à partir de sa graine, sans base de données")
    replay.add_argument("seed", metavar="GRAINE")
    replay.add_argument("files", nargs="+", metavar="DOSSIER", help="étiquettes des dossiers, par exemple C-07")
    verify = command("verify", verify_something, "vérifie le journal, ou une proposition d’attribution")
    verify.add_argument("what", choices=("journal", "proposal"), metavar="journal|proposal")
    verify.add_argument("id", nargs="?", type=int)
    load = command("import", import_something, "importe des données de référence depuis un fichier")
    load.add_argument(
        "what",
        choices=("communes", "outlines", "qpv", "addresses", "premises"),
        metavar="communes|outlines|qpv|addresses|premises",
    )
    load.add_argument("file", nargs="?", type=Path)
    load.add_argument("--vintage", type=int, default=2024, help="génération de QPV : 2015 ou 2024")
    load.add_argument("--organisation", help="premises : numéro, SIREN ou nom du propriétaire")
    load.add_argument("--dry-run", action="store_true", help="premises : dit ce qui entrerait, sans rien écrire")
    load.add_argument("--all-or-nothing", action="store_true", help="premises : une ligne refusée refuse le fichier")
    return made


def in_transaction(work: Callable[[AsyncSession], Awaitable[Any]]) -> Any:
    """Run `work` in one transaction on the configured database."""
    from intervalle.db import connected

    async def run() -> Any:
        async with connected(pool_size=2, statement_timeout=0) as sessions, sessions() as db, db.begin():
            return await work(db)

    return asyncio.run(run())


def migrate(options: argparse.Namespace) -> None:
    from intervalle import migrate as migrations

    migrations.upgrade(settings().database_url)
    print("Le schéma est à jour.")


def revise(options: argparse.Namespace) -> None:
    from intervalle import migrate as migrations

    print(f"À relire : {migrations.revise(settings().database_url, options.slug)}")


def demo(options: argparse.Namespace) -> None:
    from intervalle.demo import loading

    for line in in_transaction(loading.load_once):
        print(line)


def serve(options: argparse.Namespace) -> None:
    from granian import Granian
    from granian.constants import Interfaces

    if settings().demo and options.host not in {"127.0.0.1", "::1", "localhost"}:
        raise ValueError("La démonstration ne sert que sur cette machine : ses comptes s’ouvrent sans mot de passe.")
    settings().check()
    Granian(
        "intervalle.app:create_app",
        factory=True,
        interface=Interfaces.ASGI,
        address=options.host,
        port=options.port,
        workers=options.workers,
        workers_kill_timeout=6,
        log_access=False,
    ).serve()


def worker(options: argparse.Namespace) -> None:
    from intervalle import jobs

    async def run() -> None:
        async with jobs.app.open_async():
            await jobs.app.run_worker_async(concurrency=4, delete_jobs="successful", shutdown_graceful_timeout=5)

    asyncio.run(run())


def messages(options: argparse.Namespace) -> int:
    from intervalle import extraction

    count, missing = extraction.update()
    return report([f"à traduire : {sentence}" for sentence in missing], f"{count} phrases, toutes traduites.")


def draw_again(options: argparse.Namespace) -> None:
    from calls import draw

    print(f"Empreinte publiée à l’ouverture : {draw.commit(options.seed)}")
    for place, file in enumerate(draw.order(options.seed, options.files), start=1):
        print(f"{place}. {file} {draw.ticket(options.seed, file)}")


def verify_something(options: argparse.Namespace) -> int:
    if options.what == "journal":
        return verify_journal()
    if options.id is None:
        raise ValueError("Donnez le numéro de la proposition : intervalle verify proposal 12.")
    from allocation.assignment.verification import verify_proposal

    verdict = in_transaction(lambda db: verify_proposal(db, options.id))
    for what in verdict.checked:
        print(f"Vérifié : {what}")
    return report(verdict.faults, f"Proposition {options.id} : tout concorde.")


def verify_journal() -> int:
    from intervalle import journal

    count, findings = in_transaction(journal.verify)
    print("Vérifié : empreinte de chaque entrée, lien avec la précédente, suite des numéros, tête de chaque chaîne.")
    return report([f"{f.chain} : {f.sentence}" for f in findings], f"Journal intact : {count} entrées vérifiées.")


def report(findings: list[str], good: str) -> int:
    print("\n".join(findings) if findings else good)
    return 1 if findings else 0


def import_something(options: argparse.Namespace) -> None:
    from intervalle.territory import imports

    def path() -> Path:
        if options.file is None:
            raise ValueError(f"Donnez le fichier : intervalle import {options.what} FICHIER.")
        if not options.file.exists():
            raise ValueError(f"Le fichier « {options.file} » n’existe pas.")
        return Path(options.file)

    if options.what == "premises":
        return import_premises(path(), options)
    work: dict[str, Callable[[AsyncSession], Awaitable[Any]]] = {
        "communes": lambda db: imports.import_communes(db),
        "outlines": lambda db: imports.import_outlines(db, path()),
        "qpv": lambda db: imports.import_qpv(db, path(), options.vintage),
        "addresses": lambda db: imports.import_addresses(db, path()),
    }
    outcome = in_transaction(work[options.what])
    print(outcome if isinstance(outcome, str) else json.dumps(outcome, ensure_ascii=False, default=str))


def import_premises(path: Path, options: argparse.Namespace) -> None:
    from intervalle import models
    from premises.imports import command

    assert models.metadata.tables  # every room's tables: what an import may not disturb
    lines = in_transaction(
        lambda db: command.import_file(
            db, path, organisation=options.organisation, dry_run=options.dry_run, whole=options.all_or_nothing
        )
    )
    print("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
