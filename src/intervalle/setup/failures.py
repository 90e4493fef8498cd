"""What apt, pip, npm and PostgreSQL complain about, and the one French sentence a person gets instead."""

import re

APT = [
    (
        r"No space left|enough free space",
        "Plus de place sur le disque pour installer les paquets : libérez 1 Go, puis relancez.",
    ),
    (
        r"Could not get lock|Unable to acquire the dpkg",
        "Une autre installation de paquets est en cours : attendez qu’elle finisse, puis relancez.",
    ),
    (
        r"dpkg was interrupted",
        "Une installation précédente a été coupée : lancez « sudo dpkg --configure -a », puis relancez.",
    ),
    (
        r"Could not resolve|Temporary failure|[Uu]nable to connect|Could not connect|Failed to fetch|timed out",
        "Les dépôts de paquets ne répondent pas : vérifiez la connexion au réseau (ou le proxy), puis relancez.",
    ),
    (
        r"Unable to locate package (\S+)",
        "Les dépôts de cette machine n’offrent pas « {} » : vérifiez la connexion au réseau et que les dépôts "
        "de base de Debian ou d’Ubuntu sont actifs, puis relancez.",
    ),
    (
        r"[Pp]ackage '?([^\s']+)'? has no installation candidate",
        "Les dépôts de cette machine n’offrent pas « {} » : activez les dépôts de base de Debian ou d’Ubuntu.",
    ),
    (
        r"incorrect password|password is required|not in the sudoers|not allowed to",
        "Ce compte n’a pas le droit d’installer des paquets : relancez sous root ou avec un compte autorisé à sudo.",
    ),
]
PIP = [
    (
        r"No space left|Disk quota exceeded",
        "Plus de place sur le disque pour les paquets Python : libérez 1 Go, puis relancez.",
    ),
    (
        r"DO NOT MATCH THE HASHES",
        "Un paquet Python reçu ne correspond pas à son empreinte et a été refusé : vérifiez le miroir ou le "
        "proxy, videz le cache (« .venv/bin/python -m pip cache purge »), puis relancez.",
    ),
    (
        r"NameResolution|Failed to establish|ConnectionError|timed out|NewConnectionError|ProxyError|SSLError",
        "Le dépôt de paquets Python ne répond pas : vérifiez la connexion au réseau (ou le proxy), puis relancez.",
    ),
    (
        r"No matching distribution found for (\S+)",
        "Le paquet Python « {} » n’est pas offert pour cette machine, ou le réseau manque : utilisez Python 3.11, "
        "3.12 ou 3.13 sous Linux, vérifiez la connexion, puis relancez.",
    ),
    (
        r"Permission denied",
        "Le dossier .venv appartient à un autre compte : relancez avec ce compte, ou supprimez .venv.",
    ),
]
NPM = [
    (
        r"ENOSPC",
        "Plus de place sur le disque pour les fichiers du navigateur : libérez 200 Mo, puis relancez.",
    ),
    (
        r"EINTEGRITY",
        "Un fichier du navigateur ne correspond pas à son empreinte et a été refusé : vérifiez le miroir npm, "
        "videz le cache (« npm cache clean --force »), puis relancez.",
    ),
    (
        r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH",
        "Le dépôt npm ne répond pas : vérifiez la connexion au réseau (ou le proxy), puis relancez.",
    ),
    (
        r"EACCES|EPERM",
        "Le dossier node_modules appartient à un autre compte : relancez avec ce compte, ou supprimez ce dossier.",
    ),
]
POSTGRESQL = [
    (
        r"No space left on device",
        "Plus de place sur le disque pour la base locale : libérez de l’espace, puis relancez.",
    ),
    (
        r"Cannot allocate memory|out of memory",
        "La mémoire manque pour la base locale : fermez d’autres programmes, puis relancez.",
    ),
]
APPLICATION = [
    (
        r"No space left on device|DiskFull",
        "Plus de place sur le disque : libérez de l’espace, puis relancez.",
    ),
]


def explain(output: str, known: list[tuple[str, str]], otherwise: str) -> str:
    """The sentence of the first pattern found, else `otherwise` with what the program said last.

    `{}` stands for the pattern's group in a known sentence, and for the program's own words in `otherwise`.
    """
    for pattern, sentence in known:
        if match := re.search(pattern, output):
            return sentence.format(*match.groups())
    return otherwise.format(last_complaint(output))


def last_complaint(output: str) -> str:
    """The last line that looks like an error, else the last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    complaints = [line for line in lines if re.search(r"^E:|FATAL|PANIC|[Ee]rr(or|eur)|ERROR|ERR!|Échec", line)]
    return (complaints or lines or ["aucun message"])[-1]
