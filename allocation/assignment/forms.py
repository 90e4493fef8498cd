"""Forms of the assignment room."""

from collections.abc import Mapping, Sequence

from wtforms.fields.choices import SelectChoice

from allocation.assignment.act_rules import GROUNDS
from allocation.assignment.letter_templates import objections
from calls.models import Criterion
from intervalle.forms import (
    Area,
    Choice,
    Day,
    DecimalNumber,
    Form,
    LongText,
    Radio,
    Text,
    ValidationError,
    Whole,
    YesNo,
    between,
    required,
)
from intervalle.i18n import N_, _

ACT_OUTCOMES = {
    "awarded": N_("Une place est attribuée"),
    "reserve": N_("Liste de réserve"),
    "refused": N_("Non retenue"),
    "inadmissible": N_("Non recevable"),
}
METHOD_LABELS = {
    "fair": N_("Équitable"),
    "merit": N_("Par ordre de note"),
    "total": N_("Plus de points"),
}


def long_enough(form: Form, field: LongText) -> None:
    if len((field.data or "").strip()) < 10:
        raise ValidationError(_("Donnez un motif d’au moins 10 caractères : il figurera au procès-verbal."))


def long_enough_if_given(form: Form, field: LongText) -> None:
    if 0 < len((field.data or "").strip()) < 10:
        raise ValidationError(_("Écrivez au moins 10 caractères : les lettres le porteront."))


def reasoned(form: Form, field: LongText) -> None:
    if len((field.data or "").strip()) < 20:
        raise ValidationError(_("Écrivez le motif : il figure dans la lettre."))


class DirectForm(Form):
    """`choice` is a lot's id, or « none »."""

    choice = Radio(N_("Votre décision"), [], [required(N_("Choisissez un lot, ou aucune place."))])
    motive = LongText(N_("Motif de la décision"), [required(N_("Écrivez le motif.")), reasoned], limit=5000)

    def offer(self, lots: Sequence[tuple[int, str, str]], *, admissible: bool) -> None:
        """Lots that can be held, then the refusal; `lots` as `direct.choices` gives them."""
        open_to = [
            (str(id), _("Attribuer le lot %(lot)s", lot=name)) for id, name, why in lots if not why and admissible
        ]
        self.choice.choices = [
            SelectChoice(v, label) for v, label in [*open_to, ("none", _("Ne pas attribuer de place"))]
        ]


class RunForm(Form):
    method = Choice(N_("Méthode"), list(METHOD_LABELS.items()), [required()])


class LineForm(Form):
    """`choice` is "must:<lot>", "never:<lot>" or "lift:<lock>"."""

    choice = Radio(N_("Ce que vous changez"), [], [required(N_("Choisissez ce que vous changez."))])
    motive = LongText(N_("Motif"), [required(), long_enough], limit=2000)

    def offer(self, choices: Sequence[tuple[str, str]]) -> None:
        """What may be changed depends on the application: its wishes, the choices already in place."""
        self.choice.choices = [SelectChoice(value=value, label=label) for value, label in choices]


class WhatIfForm(Form):
    """A question asked of a copy. Names are those of the address: it can be kept and sent. Weights: see `what_if_form`."""

    candidature = Choice(N_("Structure"), [], empty="")
    lot = Choice(N_("Lot"), [], empty="")
    surface = Area(N_("Surface qu’elle prendrait, en m²"))
    choix = Choice(
        N_("Choix à la main"), [("must", N_("la placer sur ce lot")), ("never", N_("l’écarter de ce lot"))], empty=""
    )
    part = DecimalNumber(N_("Part des surfaces pour le quartier, au moins, en %"), [between(0, 100)])

    def offer(self, candidates: Sequence[tuple[str, str]], lots: Sequence[str]) -> None:
        self.candidature.offer(candidates)
        self.lot.offer([(key, key) for key in lots])


def what_if_form(criteria: Sequence[Criterion], typed: Mapping[str, str]) -> WhatIfForm:
    """The form with a weight for each criterion of the call."""
    weights = {f"poids_{c.id}": DecimalNumber(c.label, [between(0, 100)], places=0) for c in criteria}
    form: WhatIfForm = type("WhatIfFormOfCall", (WhatIfForm,), weights)(typed)
    return form


class MotiveForm(Form):
    motive = LongText(N_("Motif"), [required(), long_enough], limit=2000)


class SignatoryForm(Form):
    signatory = Text(N_("Nom et qualité de la personne qui signe"), [required()])


class RulesForm(Form):
    """What an organisation wants before it notifies."""

    second_person = YesNo(N_("Une seconde personne relit toutes les lettres et donne son accord"))
    signatory = Text(N_("Qui signe d’ordinaire (nom et qualité)"), limit=200)
    version = Whole(N_("Version"), low=0)


def whole_template(form: Form, field: LongText) -> None:
    if why := objections(field.data or ""):
        raise ValidationError(" ".join(why))


class TemplateForm(Form):
    text = LongText(N_("Texte de la lettre"), [required(), whole_template], limit=20_000, render_kw={"rows": 22})
    version = Whole(N_("Version"), low=0)


class ReviewForm(Form):
    """The second person's answer."""

    remark = LongText(N_("Remarque"), limit=2000, render_kw={"rows": 3})


class LetterForm(Form):
    motive = LongText(N_("Motifs"), [required(N_("Une décision ne part pas sans motif."))])
    remedies = LongText(N_("Voies de recours"), [required(N_("Une décision ne part pas sans voies de recours."))])
    version = Whole(N_("Version"), [required()], low=1)


OUTCOME_LABELS = {"granted": N_("Recours accueilli"), "rejected": N_("Recours rejeté")}


class AppealForm(Form):
    grounds = LongText(N_("Ce que vous contestez, et pourquoi"), [required(), long_enough], limit=10_000)


class LitigationForm(Form):
    application = Choice(N_("Candidature"), [], [required()])
    received_on = Day(N_("Communiqué le"), [required()])
    reference = Text(N_("Numéro de l’instance"), [required()])
    grounds = LongText(N_("Objet de la requête"), [required(), long_enough], limit=10_000)


class AnswerForm(Form):
    outcome = Radio(N_("Réponse"), list(OUTCOME_LABELS.items()), [required()])
    answer = LongText(N_("Motifs de la réponse"), [required(), long_enough], limit=20_000)
    signatory = Text(N_("Nom et qualité de la personne qui signe"), [required()])


class ActStartForm(Form):
    """An act begins empty, or from one application tried again on a copy."""

    application = Choice(N_("Candidature à corriger"), [], empty=N_("Aucune : écrire l’acte ligne par ligne"))
    score = DecimalNumber(N_("Note corrigée, sur 100"), [between(0, 100)])
    lot = Choice(N_("Lot"), [], empty="")
    area = Area(N_("Surface corrigée à ce lot, en m²"))
    mode = Radio(
        N_("Recalculer"),
        [
            ("keep", N_("sans reprendre de place : seul ce qui est libre est donné")),
            ("replay", N_("comme si la correction avait été connue dès l’origine : des places sont à examiner")),
        ],
    )


class ActForm(Form):
    motive = LongText(N_("Pourquoi cet acte"), limit=5000, render_kw={"rows": 4})
    signatory = Text(N_("Nom et qualité de la personne qui signe"), limit=200)
    passing = LongText(N_("Pourquoi l’acte passe outre"), [long_enough_if_given], limit=2000, render_kw={"rows": 3})
    version = Whole(N_("Version"), low=1)


class ActLineForm(Form):
    outcome = Radio(N_("Nouvelle décision"), list(ACT_OUTCOMES.items()), [required()])
    lot = Choice(N_("Lot"), [], empty="")
    area = Area(N_("Surface, en m²"))
    ground = Choice(N_("Si une place est reprise, pour quelle raison"), list(GROUNDS.items()), empty="")
    heard = LongText(N_("Observations de la structure"), limit=5000, render_kw={"rows": 3})
    motive = LongText(
        N_("Motif de la nouvelle décision"), [required(), long_enough], limit=10_000, render_kw={"rows": 6}
    )
    version = Whole(N_("Version"), low=1)
