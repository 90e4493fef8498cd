"""The demonstration's organisations and people.

The organisations exist (they are those of the cases); their numbers, the people and the addresses are invented, and
every row is marked as demonstration data.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock, security
from intervalle.accounts.actor import Actor, Belonging
from intervalle.accounts.models import Mandate, Membership, Organisation, User

PASSWORD = "demonstration-intervalle"  # noqa: S105 - printed at start-up, refused outside the demonstration


@dataclass(frozen=True)
class Org:
    key: str
    kind: str
    name: str
    commune: str | None
    legal_form: str = ""
    ess_status: str | None = None
    in_qpv: bool = False
    address: str = ""


ORGANISATIONS = (
    Org("rennes", "city", "Ville de Rennes, service ESS", "35238"),
    Org("territoires", "developer", "Territoires Rennes", "35238", "Société publique locale"),
    Org("archipel", "social_landlord", "Archipel Habitat", "35238", "Office public de l’habitat"),
    Org("tag35", "support_body", "TAg35", "35238", "Association"),
    Org("lille", "city", "Ville de Lille", "59350"),
    Org("fabrique", "developer", "La Fabrique des quartiers", "59350", "Société publique locale d’aménagement"),
    Org("estensemble", "epci", "Est Ensemble", "93008", "Établissement public territorial"),
    Org("vilogia", "social_landlord", "Vilogia", "44109", "Société anonyme d’HLM"),
    Org("m2a", "social_landlord", "m2A Habitat", "68224", "Office public de l’habitat"),
    Org("roubaix", "city", "Ville de Roubaix", "59512"),
    Org("plaine", "epci", "Plaine Commune", "93066", "Établissement public territorial"),
    Org("marseille", "city", "Ville de Marseille", "13055"),
    Org("toulouse", "epci", "Toulouse Métropole", "31555"),
    Org(
        "fou",
        "ess_structure",
        "Fou de Coudre",
        "35238",
        "Association",
        "association",
        True,
        "14 rue de Bourgogne, Rennes",
    ),
    Org("resport", "ess_structure", "Resport", "35238", "Association", "association"),
    Org("belleboite", "ess_structure", "La Belle Boîte", "35238", "SCIC", "cooperative"),
    Org("seed", "ess_structure", "SEED", "59350", "Association", "association", True),
    Org("mains", "ess_structure", "Mains Fortes", "59350", "Association", "association"),
    Org("afev", "ess_structure", "Afev", "59350", "Association", "association"),
    Org("compagnons", "ess_structure", "Compagnons bâtisseurs", "59350", "Association", "association", True),
    Org("citevelo", "ess_structure", "Association Cité Vélo", "59350", "Association", "association"),
    # The guide names six of the seven structures of place Jacques Febvrier: the seventh is ours.
    Org("ateliers", "ess_structure", "Les Ateliers de la Place", "59350", "Association", "association", True),
    Org("petitlieu", "ess_structure", "Le Petit Lieu", "44109", "Association", "association"),
    Org("fertiles", "ess_structure", "Imaginations Fertiles", "31555", "SCIC", "cooperative", True),
    Org("parkour", "ess_structure", "Parkour 59", "59512", "Association", "association", True),
    Org("part", "ess_structure", "La part du peuple", "13055", "Association", "association", True),
    Org("bondy", "city", "Ville de Bondy", "93010"),
)


@dataclass(frozen=True)
class Person:
    key: str
    name: str
    orgs: tuple[str, ...]
    role: str = "admin"


# One per role first (the sign-in page shows them in this order), then those the other cases need.
PEOPLE = (
    Person("claire", "Claire Morvan, publie les locaux et conduit l’attribution (aménageur)", ("territoires",)),
    Person("anne", "Anne Le Goff, préside des commissions (ville de Rennes)", ("rennes",)),
    Person("ines", "Inès Caron, candidate (Fou de Coudre)", ("fou",)),
    Person("hugo", "Hugo Delattre, candidat (Resport)", ("resport",)),
    Person("nadia", "Nadia Ferhat, candidate (La Belle Boîte)", ("belleboite",)),
    Person("malik", "Malik Benali, juré politique de la ville", ("rennes",), "viewer"),
    Person("sophie", "Sophie Tanguy, bailleur social (juré, TFPB)", ("archipel",)),
    Person("yann", "Yann Kerbrat, appui à l’ESS (délégataire d’appel)", ("tag35",)),
    Person("thomas", "Thomas Verhaeghe, ville de Lille", ("lille",)),
    Person("julie", "Julie Lemaire, La Fabrique des quartiers", ("fabrique",)),
    Person("odile", "Odile Vasseur, jurée (La Fabrique des quartiers)", ("fabrique",), "viewer"),
    Person("lea", "Léa Marchand, SEED", ("seed",)),
    Person("karim", "Karim Haddad, Mains Fortes", ("mains",)),
    Person("elise", "Élise Roger, Afev", ("afev",)),
    Person("paul", "Paul Wattrelos, Compagnons bâtisseurs", ("compagnons",)),
    Person("zoe", "Zoé Lambert, Association Cité Vélo", ("citevelo",)),
    Person("amina", "Amina Sellam, Les Ateliers de la Place", ("ateliers",)),
    Person("samira", "Samira Diallo, Est Ensemble", ("estensemble",)),
    Person("rozenn", "Rozenn Rio, jurée suppléante (ville de Rennes)", ("rennes",), "viewer"),
    Person("bruno", "Bruno Pichon, Plaine Commune", ("plaine",)),
    Person("marc", "Marc Ollivier, Vilogia", ("vilogia",)),
    Person("toulousain", "Jeanne Puech, Toulouse Métropole", ("toulouse",)),
    Person("camille", "Camille Roux, administration de la plateforme", ()),
)


def luhn_number(stem: str) -> str:
    """`stem` and its Luhn check digit: numbers that read like a SIREN or SIRET and pass their control."""
    digits = [int(d) for d in reversed(stem)]
    total = sum(d if i % 2 else sum(divmod(d * 2, 10)) for i, d in enumerate(digits))
    return stem + str(-total % 10)


class Cast:
    """Organisations and people by key, and the actor each person is."""

    def __init__(self) -> None:
        self.orgs: dict[str, Organisation] = {}
        self.users: dict[str, User] = {}
        self.roles: dict[str, tuple[str, tuple[str, ...]]] = {}

    def actor(self, key: str) -> Actor:
        user = self.users[key]
        role, orgs = self.roles[key]
        return Actor(
            user_id=user.id,
            name=user.name,
            email=user.email,
            second_factor=True,
            demo=True,
            current_id=self.orgs[orgs[0]].id if orgs else None,
            belongings=tuple(Belonging(self.orgs[o].id, self.orgs[o].name, self.orgs[o].kind, role) for o in orgs),
        )


async def load(db: AsyncSession) -> Cast:
    """Every organisation and person of the demonstration, with the mandate under which Territoires Rennes acts."""
    cast = Cast()
    for number, one in enumerate(ORGANISATIONS, start=1):
        siren = luhn_number(f"9000{number:04d}")
        cast.orgs[one.key] = Organisation(
            kind=one.kind, name=one.name, siren=siren, siret=luhn_number(f"{siren}0001"), commune_code=one.commune,
            legal_form=one.legal_form or None, ess_status=one.ess_status, in_qpv=one.in_qpv, address=one.address or None, demo=True,
        )  # fmt: skip
    db.add_all(cast.orgs.values())
    hashed = await security.hash_password(PASSWORD)
    for person in PEOPLE:
        cast.users[person.key] = User(
            email=f"{person.key}@demo.intervalle.example", name=person.name.split(",")[0], password_hash=hashed,
            email_confirmed_at=clock.now(), demo=True, platform=not person.orgs,
        )  # fmt: skip
        cast.roles[person.key] = (person.role, person.orgs)
    db.add_all(cast.users.values())
    await db.flush()
    for person in PEOPLE:
        for key in person.orgs:
            db.add(Membership(user_id=cast.users[person.key].id, organisation_id=cast.orgs[key].id, role=person.role))
    # The post office of Maurepas: the landlord owns it, the developer manages it until the demolition.
    db.add(
        Mandate(
            grantor_id=cast.orgs["archipel"].id,
            agent_id=cast.orgs["territoires"].id,
            scope="everything",
            during=Range(date(clock.today().year - 1, 1, 1), date(clock.today().year + 4, 1, 1)),
        )
    )
    await db.flush()
    return cast
