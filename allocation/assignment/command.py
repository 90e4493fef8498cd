"""`intervalle assign FILE.json [--method fair|merit|total] [--time-limit S] [--check]`: the engine alone, no database.

Prints the result document. A document that cannot be read, or rules that exclude each other: one French sentence on the
error output and exit code 2. With --check, the independent checker's disagreements and exit code 1.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from allocation.assignment.check import check
from allocation.assignment.problem import InvalidProblem, parse
from allocation.assignment.solver import TIME_LIMIT, solve


class _Arguments(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InvalidProblem(
            "Commande incomplète ou inconnue : intervalle assign FICHIER.json "
            "[--method fair|merit|total] [--time-limit S] [--check]."
        )


def main(argv: Sequence[str]) -> int:
    """Exit code: 0 done, 1 the checker disagrees, 2 the request cannot be answered."""
    try:
        wanted = _arguments().parse_args(list(argv))
        document = _read(wanted.file)
        result = solve(parse(document), wanted.method, wanted.time_limit, changes=not wanted.no_changes)
    except InvalidProblem as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(result, ensure_ascii=False, indent=2))
    faults = check(document, result) if wanted.check else []
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def _arguments() -> argparse.ArgumentParser:
    parser = _Arguments(prog="intervalle assign", description="Répartir les lots sans envie justifiée.")
    parser.add_argument("file", type=Path, help="le problème, au format d’échange JSON")
    parser.add_argument("--method", default="fair", choices=("fair", "merit", "total"), help="fair par défaut")
    parser.add_argument("--time-limit", type=_seconds, default=TIME_LIMIT, metavar="S", help="secondes")
    parser.add_argument("--check", action="store_true", help="faire relire le résultat par le vérificateur")
    parser.add_argument("--no-changes", action="store_true", help="sans les « elle aurait été retenue avec… »")
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 86_400:
        raise ValueError(text)
    return seconds


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes(), parse_float=Decimal)
    except OSError:
        raise InvalidProblem(f"Le fichier {path} est introuvable ou illisible, vérifiez son nom.") from None
    except json.JSONDecodeError as error:
        raise InvalidProblem(
            f"Le fichier {path} n’est pas du JSON valide (ligne {error.lineno}), corrigez cette ligne."
        ) from None
    except (UnicodeDecodeError, RecursionError, ValueError):
        raise InvalidProblem(f"Le fichier {path} n’est pas du JSON en UTF-8, enregistrez-le à nouveau.") from None
