"""Forms of accounts and organisations."""

import re
from typing import Any

from wtforms.fields import PasswordField
from wtforms.widgets import PasswordInput

from intervalle import identifiers
from intervalle.accounts.models import ROLES
from intervalle.forms import Choice, Form, Text, ValidationError, at_most, required
from intervalle.i18n import N_, _

KIND_LABELS = [
    ("ess_structure", N_("Structure de l’ESS (association, coopérative, SCIC…)")),
    ("city", N_("Commune")),
    ("epci", N_("Intercommunalité")),
    ("developer", N_("Aménageur")),
    ("social_landlord", N_("Bailleur social")),
    ("land_trust", N_("Foncière solidaire")),
    ("private_owner", N_("Propriétaire privé")),
    ("support_body", N_("Organisme d’appui à l’ESS")),
]
ROLE_LABELS = [("viewer", N_("Consulte")), ("editor", N_("Agit")), ("admin", N_("Administre"))]
assert {r for r, _label in ROLE_LABELS} == set(ROLES)
PASSWORD_LENGTH = 12


def an_email(form: Any, field: Any) -> None:
    """Enough to catch a slip: the only proof of an address is a message that arrives."""
    field.data = (field.data or "").strip().lower()
    if not re.fullmatch(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,}", field.data) or len(field.data) > 254:
        raise ValidationError(_("Écrivez une adresse électronique, par exemple prenom@association.fr."))


def a_password(form: Any, field: Any) -> None:
    if len(field.data or "") < PASSWORD_LENGTH:
        raise ValidationError(
            _("Au moins %(n)s caractères : une phrase que vous retiendrez convient très bien.", n=PASSWORD_LENGTH)
        )
    if len(field.data) > 128:
        raise ValidationError(_("Au plus 128 caractères."))
    email = getattr(getattr(form, "email", None), "data", None) or ""
    if len(set(field.data)) < 5 or field.data.lower() in {email, email.split("@")[0]}:
        raise ValidationError(_("Ce mot de passe se devine trop vite : choisissez une phrase de plusieurs mots."))


class Password(PasswordField):
    def __init__(self, label: str, checks: tuple[Any, ...] = (), *, autocomplete: str, **more: Any) -> None:
        hints = {"autocomplete": autocomplete}
        super().__init__(label, [required(), *checks], widget=PasswordInput(), render_kw=hints, **more)


class SignInForm(Form):
    email = Text(
        N_("Adresse électronique"), [required()], limit=254, render_kw={"type": "email", "autocomplete": "username"}
    )
    password = Password(N_("Mot de passe"), autocomplete="current-password")


class SignUpForm(Form):
    name = Text(
        N_("Prénom et nom"),
        [required(N_("Dites-nous comment vous appeler."))],
        limit=120,
        render_kw={"autocomplete": "name"},
    )
    email = Text(
        N_("Adresse électronique"),
        [required(), an_email],
        limit=254,
        render_kw={"type": "email", "autocomplete": "username"},
    )
    password = Password(N_("Mot de passe"), (a_password,), autocomplete="new-password")


class EmailForm(Form):
    email = Text(
        N_("Adresse électronique"),
        [required(), an_email],
        limit=254,
        render_kw={"type": "email", "autocomplete": "username"},
    )


class NewPasswordForm(Form):
    password = Password(N_("Nouveau mot de passe"), (a_password,), autocomplete="new-password")


class CodeForm(Form):
    code = Text(
        N_("Code à six chiffres"),
        [required()],
        limit=12,
        render_kw={"inputmode": "numeric", "autocomplete": "one-time-code"},
    )


def checked(check: Any) -> Any:
    """An identifier normalised by `check`, or refused with its sentence."""

    def validate(form: Any, field: Any) -> None:
        if field.data:
            try:
                field.data = check(field.data)
            except ValueError as error:
                raise ValidationError(str(error)) from error

    return validate


class OrganisationForm(Form):
    kind = Choice(N_("Vous êtes"), KIND_LABELS, [required()], empty=N_("Choisissez…"))
    name = Text(N_("Nom de l’organisation"), [required()], limit=160)
    siret = Text(N_("SIRET"), [checked(identifiers.check_siret)], limit=30)
    rna = Text(N_("Numéro RNA (associations)"), [at_most(20), checked(identifiers.check_rna)], limit=20)
    legal_form = Text(N_("Forme juridique"), limit=80)
    address = Text(N_("Adresse du siège"), limit=200)
    commune = Text(N_("Commune du siège, par son nom ou son code Insee"), limit=80)
    email = Text(N_("Courriel de contact"), limit=254, render_kw={"type": "email"})
    phone = Text(N_("Téléphone"), limit=40, render_kw={"inputmode": "tel"})
    website = Text(N_("Site internet"), limit=200)

    def validate(self, extra_validators: Any = None) -> bool:
        valid = bool(super().validate(extra_validators))
        if self.email.data:
            try:
                an_email(self, self.email)
            except ValidationError as error:
                self.add_error("email", str(error))
                valid = False
        if self.website.data and not re.match(r"https?://", self.website.data):
            self.website.data = f"https://{self.website.data}"
        if self.kind.data == "ess_structure" and not (self.siret.data or self.rna.data):
            self.add_error(
                "siret", _("Donnez un SIRET, ou à défaut un numéro RNA : il évite les doublons et les homonymes.")
            )
            return False
        if self.kind.data and self.kind.data != "ess_structure" and not self.siret.data:
            self.add_error("siret", _("Le SIRET est nécessaire pour publier des locaux ou des appels."))
            return False
        return valid


class InvitationForm(Form):
    email = Text(N_("Adresse électronique"), [required(), an_email], limit=254, render_kw={"type": "email"})
    role = Choice(N_("Rôle"), ROLE_LABELS, [required()], default="editor")
