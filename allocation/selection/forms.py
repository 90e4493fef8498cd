"""What people type in the selection room."""

import re
from datetime import datetime, timedelta
from typing import Any

from allocation.selection import checklist
from allocation.selection.panels import Rules, SeatTerms
from allocation.selection.words import COLLEGES
from intervalle import clock
from intervalle.forms import (
    Choice,
    Choices,
    Form,
    Instant,
    LongText,
    Radio,
    Text,
    ValidationError,
    Whole,
    YesNo,
    required,
)
from intervalle.i18n import N_, _


def _email(form: Any, field: Any) -> None:
    if field.data and not re.fullmatch(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+", field.data):
        raise ValidationError(_("Écrivez une adresse complète, par exemple nom@ville.fr."))


def _given(field: Any) -> int:
    """The number of a required field."""
    value: int = field.data
    return value


class RulesForm(Form):
    """The rules of a panel. Weights are per college; left empty they are one person, one voice."""

    quorum = Whole(N_("Quorum : voix nécessaires"), [required()], low=1, high=50, default=3)
    readers_per_file = Whole(N_("Lectures par dossier, au moins"), [required()], low=1, high=20, default=2)
    reason_below = Whole(N_("Motif exigé sous la note"), [required()], low=0, high=5, default=2)
    reason_above = Whole(N_("Motif exigé au-dessus de la note"), [required()], low=0, high=5, default=4)
    meets_at = Instant(N_("Séance de la commission"))
    anonymous = YesNo(N_("Cacher le nom des structures pendant la notation"))
    weighted = YesNo(N_("Pondérer les collèges"))
    weight_city_ess = Whole(COLLEGES["city_ess"], low=1, high=100, default=1)
    weight_urban_policy = Whole(COLLEGES["urban_policy"], low=1, high=100, default=1)
    weight_landlord = Whole(COLLEGES["landlord"], low=1, high=100, default=1)
    weight_residents = Whole(COLLEGES["residents"], low=1, high=100, default=1)
    weight_expert = Whole(COLLEGES["expert"], low=1, high=100, default=1)

    quorum_city_ess = Whole(COLLEGES["city_ess"], low=0, high=20, default=0)
    quorum_urban_policy = Whole(COLLEGES["urban_policy"], low=0, high=20, default=0)
    quorum_landlord = Whole(COLLEGES["landlord"], low=0, high=20, default=0)
    quorum_residents = Whole(COLLEGES["residents"], low=0, high=20, default=0)
    quorum_expert = Whole(COLLEGES["expert"], low=0, high=20, default=0)

    def rules(self) -> Rules:
        weights = {code: self[f"weight_{code}"].data or 1 for code in COLLEGES} if self.weighted.data else {}
        return Rules(
            quorum=_given(self.quorum), readers_per_file=_given(self.readers_per_file), reason_below=_given(self.reason_below),
            reason_above=_given(self.reason_above), anonymous=bool(self.anonymous.data), college_weights=weights,
            college_quorums={code: least for code in COLLEGES if (least := self[f"quorum_{code}"].data)},
            meets_at=self.meets_at.data,
        )  # fmt: skip


def rules_shown(panel: Any) -> dict[str, Any]:
    """Initial values of the form for a stored panel."""
    names = ("quorum", "readers_per_file", "reason_below", "reason_above", "meets_at", "anonymous")
    weights = {f"weight_{code}": panel.college_weights.get(code, 1) for code in COLLEGES}
    quorums = {f"quorum_{code}": panel.college_quorums.get(code, 0) for code in COLLEGES}
    shown = {name: getattr(panel, name) for name in names}
    return shown | weights | quorums | {"weighted": bool(panel.college_weights)}


class SeatForm(Form):
    """A person to seat, by address."""

    email = Text(N_("Adresse électronique"), [required(), _email], limit=254)
    college = Choice(N_("Collège"), list(COLLEGES.items()), [required()], empty=N_("Choisir"))
    role = Choice(
        N_("Place"),
        [
            ("member", N_("Membre, avec voix")), ("chair", N_("Présidence, avec voix")),
            ("alternate", N_("Suppléance, vote si le titulaire part")),
            ("secretary", N_("Secrétariat, sans voix")), ("observer", N_("Observation, sans voix")),
        ],
        [required()], default="member",
    )  # fmt: skip

    alternate_of = Choice(N_("Titulaire remplacé"), [], empty=N_("Aucun"))

    def offer(self, seats: list[tuple[int, str]]) -> None:
        """The full seats an alternate may stand for."""
        self.alternate_of.offer([(str(i), name) for i, name in seats])

    def validate(self, extra_validators: Any = None) -> bool:
        good = bool(super().validate(extra_validators))
        if (self.role.data == "alternate") != bool(self.alternate_of.data):
            self.add_error("alternate_of", _("Dites qui est remplacé, pour une suppléance et pour elle seule."))
            return False
        return good

    def terms(self) -> SeatTerms:
        role = self.role.data
        return SeatTerms(
            self.college.data, chair=role == "chair", secretary=role == "secretary",
            voting=role in {"member", "chair", "alternate"},
            alternate_of_id=int(self.alternate_of.data) if self.alternate_of.data else None,
        )  # fmt: skip


class CorrectionForm(Form):
    """What is missing in a file, and until when it may be sent."""

    items = Choices(N_("Points concernés"), [(item.key, item.label) for item in checklist.ITEMS])
    request = LongText(N_("Ce qui manque"), [required()], limit=2000, render_kw={"rows": 3})
    until = Instant(N_("Réponse attendue avant le"), [required()])

    @property
    def deadline(self) -> datetime:
        """The instant of a valid form."""
        value: datetime | None = self.until.data
        assert value is not None
        return value

    @classmethod
    def fresh(cls) -> "CorrectionForm":
        """Fifteen days, to noon."""
        later = (clock.now() + timedelta(days=15)).astimezone(clock.PARIS)
        return cls(until=later.replace(hour=12, minute=0, second=0, microsecond=0))


class AnswerForm(Form):
    """The applicant's answer to a request for missing pieces."""

    answer = LongText(N_("Votre réponse"), [required()], limit=10_000, render_kw={"rows": 10})


class MotionForm(Form):
    """A question put to the vote."""

    question = Text(N_("Question"), [required()], limit=300)
    application = Choice(N_("Dossier"), [], empty=N_("Aucun en particulier"))
    shortlists = YesNo(N_("Adoptée, elle présélectionne ce dossier"))


class HearingForm(Form):
    """An hour for a finalist."""

    application = Choice(N_("Dossier"), [], [required()], empty=N_("Choisir"))
    starts_at = Instant(N_("Jour et heure"), [required()])
    minutes = Whole(N_("Durée, en minutes"), [required()], low=5, high=240, default=20)
    place = Text(N_("Lieu, ou lien de visioconférence"), limit=300)

    @property
    def instant(self) -> datetime:
        value: datetime | None = self.starts_at.data
        assert value is not None
        return value


class RevisionForm(Form):
    """A mark changed in session."""

    criterion = Choice(N_("Critère"), [], [required()], empty=N_("Choisir"))
    value = Radio(N_("Nouvelle note"), [*((str(n), str(n)) for n in range(6)), ("ne", N_("Non évalué"))], [required()])
    reason = LongText(N_("Ce qui a changé votre avis"), [required()], limit=1000, render_kw={"rows": 3})

    def offer(self, criteria: list[tuple[str, str]]) -> None:
        self.criterion.offer(criteria)
