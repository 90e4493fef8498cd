"""What a person chooses for a whole file."""

from typing import Any

from intervalle.forms import Choice, Choices, Day, Form, Radio, Text, YesNo, required
from intervalle.i18n import N_
from premises.forms import KINDS, REGIMES, TITLES
from premises.imports.tables import ENCODINGS, SEPARATORS

MARKS = {";": N_("point-virgule"), ",": N_("virgule"), "\t": N_("tabulation"), "|": N_("barre verticale")}


class UploadForm(Form):
    owner = Choice(N_("Pour le compte de"), (), [required()])


class MappingForm(Form):
    source = Text(
        N_("Nom de cette source"), [required(N_("Donnez un nom à cette source, toujours le même."))], limit=60
    )
    kind = Choice(N_("Nature, quand le fichier ne la dit pas"), KINDS, [required()])
    regime = Choice(N_("Régime domanial, quand le fichier ne le dit pas"), REGIMES, [required()])
    available_from = Day(N_("Utilisable à partir du, quand le fichier ne le dit pas"), [required()])
    titles = Choices(N_("Titres possibles, quand le fichier ne les dit pas"), TITLES)
    mode = Radio(
        N_("Si des lignes sont refusées"),
        [("rows", N_("Importer les autres")), ("whole", N_("Ne rien importer : tout ou rien"))],
        [required()],
    )
    publish = YesNo(N_("Publier aussitôt les locaux complets (position, commune, titres)"))
    encoding = Choice(N_("Codage des caractères"), [(e, e) for e in ENCODINGS])
    separator = Choice(N_("Séparateur"), [(mark, MARKS[mark]) for mark in SEPARATORS])

    def options(self) -> dict[str, Any]:
        return {
            "kind": self.kind.data, "regime": self.regime.data, "titles": list(self.titles.data or []), "publish": bool(self.publish.data),
            "available_from": self.available_from.data.isoformat() if self.available_from.data else "",
        }  # fmt: skip
