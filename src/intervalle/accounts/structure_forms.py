"""Forms of a structure's profile."""

from intervalle import identifiers
from intervalle.accounts import documents, ess
from intervalle.accounts.forms import checked
from intervalle.forms import Choice, Day, Form, LongText, Radio, Text, required
from intervalle.i18n import N_

CLAIMED = [(code, label) for code, label in ess.STATUS_LABELS.items() if code not in ("not_ess", "to_check")]


class PaperForm(Form):
    kind = Choice(N_("Type de pièce"), list(documents.KIND_LABELS.items()), [required()], empty=N_("Choisissez…"))
    title = Text(N_("Nom de la pièce"), limit=120)
    valid_until = Day(N_("Valable jusqu’au"))


class ClaimForm(Form):
    status = Choice(N_("Votre statut"), CLAIMED, [required()], empty=N_("Choisissez…"))
    document = Choice(
        N_("Pièce qui le prouve"),
        [],
        [required(N_("Déposez d’abord la pièce, puis choisissez-la ici."))],
        empty=N_("Choisissez…"),
    )
    reviewer = Choice(N_("Qui vérifie"), [], [required()], empty=N_("Choisissez…"))


class ReviewForm(Form):
    outcome = Radio(
        N_("Votre vérification"),
        [("yes", N_("Le statut est établi")), ("no", N_("La pièce ne l’établit pas"))],
        [required()],
    )
    reason = LongText(N_("Motif, envoyé à la structure"), limit=2000)


class JoinForm(Form):
    message = LongText(N_("Qui êtes-vous dans cette structure ?"), [required()], limit=1000)
    reviewer = Choice(N_("Qui examine votre demande"), [], empty=N_("Choisissez…"))


class AnswerForm(Form):
    outcome = Radio(
        N_("Votre réponse"),
        [("yes", N_("Cette personne agit bien pour la structure")), ("no", N_("Je ne peux pas le confirmer"))],
        [required()],
    )
    reason = LongText(N_("Motif, envoyé à la personne"), limit=1000)


class SuccessorForm(Form):
    name = Text(N_("Nom de la structure qui prend la suite"), [required()], limit=160)
    legal_form = Text(N_("Sa forme juridique"), [required()], limit=80)
    siret = Text(N_("Son SIRET"), [checked(identifiers.check_siret)], limit=30)
    on = Day(N_("À partir du"), [required()])
