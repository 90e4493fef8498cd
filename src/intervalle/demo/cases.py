"""Three stories: one lived to the relocation path (Rennes), one waiting for its jurors (Lille, case 2), one open (case 3)."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import decisions, offers, proposals, release, results
from allocation.assignment.models import Award
from allocation.leases import gathering, leases, reading
from allocation.leases.models import Lease
from allocation.relocation import paths
from allocation.selection import invitations, panels
from allocation.selection.panels import Rules, SeatTerms
from allocation.tfpb import agreements, lines
from allocation.tfpb.models import TfpbAction
from calls.models import Call
from intervalle import clock
from intervalle.demo import stories
from intervalle.demo.people import Cast
from intervalle.demo.places import month
from intervalle.demo.stories import File, days_ago
from intervalle.verdicts import to_justify
from premises.models import Lot, Premises

# Signing a title opens its relocation path: the room above registers itself when it is imported.
assert paths

Places = dict[str, tuple[Premises, dict[str, Lot]]]

COMMON: dict[str, Any] = {
    "title_code": "COP",
    "charges_only": True,
    "economic": True,
    "counterparts": "Douze heures d’ouverture au quartier par mois\nDeux journées portes ouvertes par an\nAménagement léger de la vitrine",
    "score_rule": "mean",
    "tie_break": "first_criterion",
}

LILLE = (
    File("ines", "fou", "La boutique textile solidaire", "Boutique, atelier partagé de réparation et cours de couture, avec une équipe en insertion.", ("shop",), {"A": (1, 60, 70), "C": (2, 60, 80)}, "3.5", 8_400_000, True, shop=True),
    File("hugo", "resport", "Le sport en réemploi", "Collecte, remise en état et vente à petit prix de matériel de sport.", ("shop",), {"A": (1, 45, 48), "C": (2, 45, 90)}, "4.0", 12_600_000, shop=True),
    File("lea", "seed", "Urbanisme avec les habitants", "Ateliers d’urbanisme participatif, permanences et maquettes du quartier.", ("office",), {"B": (1, 40, 48), "D": (2, 40, 48)}, "2.0", 6_800_000, True),
    File("karim", "mains", "L’imprimerie partagée", "Ateliers de gravure et d’impression, ouverts aux écoles et aux habitants.", ("workshop",), {"B": (1, 30, 32), "C": (2, 30, 60)}, "1.5", 4_100_000),
    File("elise", "afev", "Mentorat étudiant", "Accompagnement d’enfants et de jeunes par des étudiants bénévoles.", ("office",), {"B": (1, 60, 80), "D": (2, 60, 80)}, "6.0", 31_000_000),
    File("paul", "compagnons", "L’outillerie du quartier", "Prêt d’outils et chantiers d’auto-réhabilitation accompagnée.", ("workshop",), {"C": (1, 70, 95), "A": (2, 50, 70)}, "5.0", 22_000_000, True, shop=True),
    File("amina", "ateliers", "La salle commune du deuxième", "Aide aux devoirs, permanences d’accès aux droits et ateliers du soir, tenus par des habitants.", ("office",), {"D": (1, 60, 90)}, "1.0", 3_600_000, True),
    File("zoe", "citevelo", "L’atelier vélo", "Atelier d’auto-réparation et vélo-école pour adultes.", ("workshop",), {"A": (1, 110, 110), "B": (2, 110, 110)}, "2.5", 7_300_000, shop=True),
)  # fmt: skip
# Malik has a sheet to write, Odile two: file -> marks in the order of the grid.
LILLE_LATER = {
    "malik": {0: [4, 4, 4, 5], 1: [4, 4, 4, 4], 2: [4, 4, 3, 4], 3: [3, 4, 4, 4], 4: [4, 4, 5, 3], 5: [4, 5, 4, 4], 7: [3, 3, 4, 4]},
    "odile": {0: [4, 5, 4, 4], 1: [4, 4, 4, 3], 2: [3, 4, 4, 4], 4: [4, 4, 5, 3], 6: [4, 4, 3, 4], 7: [3, 4, 4, 4]},
}  # fmt: skip
PRAGUE = (
    File("ines", "fou", "Fou de Coudre, deuxième atelier", "Atelier de couture et boutique de vêtements réparés.", ("shop",), {"A": (1, 60, 64)}, "3.5", 8_400_000, True, shop=True),
    File("hugo", "resport", "Point de collecte Resport", "Collecte et tri du matériel de sport.", ("storage",), {"A": (1, 50, 64)}, "1.0", 3_000_000, shop=True),
)  # fmt: skip


async def rennes(db: AsyncSession, cast: Cast, places: Places) -> None:
    """Square de Prague: from the call to the keys, the TFPB line and the relocation path. Began eight months ago."""
    lots = places["prague"][1]
    start, end = month(-4), month(13)
    made = await stories.call(
        db, cast, person="sophie", organiser="archipel", title="14 square de Prague : une boutique pour dix-sept mois", lots=[lots["A"]],
        opened=days_ago(240), closes=days_ago(200, 12),
        values={**COMMON, "body": "Ancienne supérette au pied de l’immeuble. Le lieu sera libéré avant les travaux du hall.", "visits": "Mardi et jeudi, sur rendez-vous.",
                "circumstances": "Travaux de réhabilitation du hall programmés par le bailleur, délibération annexée.", "occupation_from": start, "occupation_until": end, "decision_on": days_ago(170).date()},
    )  # fmt: skip
    files = [await stories.apply(db, cast, made, file, lots, days_ago(205)) for file in PRAGUE]
    jurors = {"anne": "city_ess", "malik": "urban_policy", "yann": "expert"}
    seats = await stories.compose(
        db, cast, made, staff="sophie", jurors=jurors, on=days_ago(199), meets=days_ago(187, 9)
    )
    await stories.examine(db, cast, made, staff="sophie", on=days_ago(198))
    for person, marks in {
        "anne": ([5, 4, 3, 4], [3, 3, 3, 4]),
        "malik": ([4, 5, 3, 3], [3, 2, 4, 4]),
        "yann": ([4, 4, 3, 4], [3, 3, 3, 3]),
    }.items():
        await stories.score(
            db, cast, made, seats[person], person, {f.id: m for f, m in zip(files, marks, strict=True)}, days_ago(190)
        )
    await stories.rank(db, cast, made, staff="sophie", on=days_ago(185))
    lease = await _award_and_sign(db, cast, made, start)
    await _value(db, cast, places["prague"][0], lease)


async def _award_and_sign(db: AsyncSession, cast: Cast, made: Any, start: date) -> Lease:
    actor = cast.actor("sophie")
    with clock.at(days_ago(180)):
        proposal = await proposals.run(db, actor, made, method="fair")
        await decisions.retain(db, actor, made, proposal)
        await decisions.name_signatory(db, actor, made, signatory="Sophie Tanguy, directrice de la gestion locative")
        await stories.sign_minutes(db, cast, made, staff="sophie", chair="anne")
        await release.release(db, actor, made)
    with clock.at(days_ago(176)):
        award = (await db.execute(select(Award).where(Award.call_id == made.id))).scalar_one()
        await offers.answer(db, cast.actor("ines"), award, accepted=True)
        await results.publish(db, actor, made)
    with clock.at(days_ago(150)):
        lease = await leases.prepare(db, actor, award_id=award.id)
        lease.reference_basis, lease.reference_dated = (
            "Grille du bailleur, commerces de pied d’immeuble",
            days_ago(300).date(),
        )
        lease.circumstances_proof = "Délibération du conseil d’administration, programme de travaux du hall"
        lease.landlord_signatory, lease.tenant_signatory = "Sophie Tanguy", "Inès Caron, présidente"
        await db.flush()
        dossier = await gathering.dossier_of(db, lease)
        lease.justifications = {
            v.id: "Vu avec l’occupant ; pièce jointe au dossier."
            for v in to_justify(reading.verdicts_at_signature(dossier.file, clock.today()))
        }
        await leases.sign(db, actor, lease, version=lease.version)
    with clock.at(days_ago(max(0, (clock.today() - start).days))):
        await leases.insure(
            db, actor, lease, insurance="Mutuelle de quartier, police 2026-118", until=start + timedelta(days=365)
        )
        await leases.hand_keys(db, actor, lease, on=start, inspected_on=start, why={})
    return lease


async def _value(db: AsyncSession, cast: Cast, premises: Premises, lease: Lease) -> None:
    """The lease counted in axis 7 of this year's programme of its neighbourhood; Maurepas waits for its first one."""
    target = await _programme(db, cast, premises.qpv_code or "")
    await _programme(db, cast, "QPDEMO01")
    dossier = await gathering.dossier_of(db, lease)
    await lines.value_lease(db, cast.actor("sophie"), dossier, target, lines.Claim())


async def _programme(db: AsyncSession, cast: Cast, qpv_code: str) -> lines.Target:
    """The landlord's agreement for a neighbourhood, and its programme of this year with the action for premises."""
    actor, year = cast.actor("sophie"), clock.today().year
    values = {
        "first_year": year - 1, "last_year": year + 3, "contract_signed_on": date(year - 2, 11, 4), "signed_on": date(year - 2, 12, 12),
        "valuation_method": "Loyer de référence moins loyer facturé, au jour près (convention, annexe 3)", "dwellings": 412, "demo": True,
    }  # fmt: skip
    agreement = await agreements.sign(db, actor, landlord_id=cast.orgs["archipel"].id, qpv_code=qpv_code, values=values)
    programme = await agreements.open_programme(db, actor, agreement, year=year)
    figures = {"rental_value_cents": 320_000, "tax_rate": Decimal("0.4187")}
    await agreements.edit_programme(db, actor, agreement, programme, values=figures)
    ready = select(TfpbAction).where(TfpbAction.programme_id == programme.id, TfpbAction.axis == 7)
    action = (await db.execute(ready)).scalars().one()
    benefit = {
        "tenant_benefit": "Cours, réparation et services à petit prix pour les locataires",
        "indicators": "Locataires accueillis par mois",
    }
    await agreements.write_action(db, actor, agreement, programme, action=action, values=benefit)
    return lines.Target(agreement, programme, action)


async def lille(db: AsyncSession, cast: Cast, places: Places) -> None:
    """Place Jacques Febvrier: eight files for seven places; three sheets are missing, then comes all the rest. Yours to finish."""
    lots = places["febvrier"][1]
    made = await stories.call(
        db, cast, person="julie", organiser="fabrique", title="Place Jacques Febvrier : quatre lots à loyer modéré", lots=list(lots.values()),
        opened=days_ago(50), closes=days_ago(9, 12),
        values={**COMMON, "charges_only": False, "body": "La ville et La Fabrique des quartiers prêtent un immeuble acheté pour être réhabilité.\n\nLes boutiques ouvrent sur la place ; les plateaux sont au calme.",
                "visits": "Deux visites groupées, le mercredi à 14 h.", "circumstances": "Réhabilitation décidée, études en cours : l’immeuble sera vidé avant les travaux.",
                "occupation_from": month(2), "occupation_until": month(32), "decision_on": days_ago(-20).date()},
    )  # fmt: skip
    files = [await stories.apply(db, cast, made, file, lots, days_ago(12)) for file in LILLE]
    jurors = {"thomas": "city_ess", "malik": "urban_policy", "odile": "landlord"}
    seats = await stories.compose(db, cast, made, staff="julie", jurors=jurors, on=days_ago(8), meets=days_ago(-4, 9))
    await stories.examine(db, cast, made, staff="julie", on=days_ago(7))
    marks = [
        [4, 5, 4, 4],
        [4, 4, 4, 4],
        [4, 4, 3, 4],
        [3, 4, 4, 3],
        [5, 4, 5, 3],
        [4, 5, 4, 5],
        [4, 4, 3, 4],
        [4, 3, 4, 4],
    ]
    await stories.score(
        db, cast, made, seats["thomas"], "thomas", {f.id: m for f, m in zip(files, marks, strict=True)}, days_ago(3)
    )
    for person, sheets in LILLE_LATER.items():
        given = {files[n].id: marks for n, marks in sheets.items()}
        await stories.score(db, cast, made, seats[person], person, given, days_ago(2))


async def tempo(db: AsyncSession, cast: Cast, places: Places) -> None:
    """TempO': two sites of Est Ensemble, open for three more weeks, one file deposited and one draft."""
    lots = {"A": places["bondy"][1]["A"], "B": places["noisy"][1]["B"]}
    made = await stories.call(
        db, cast, person="samira", organiser="estensemble", title="TempO’ : deux sites à occuper avant chantier", lots=list(lots.values()),
        opened=days_ago(12), closes=days_ago(-21, 12),
        values={**COMMON, "body": "Jardinage, culture, réemploi : dix-huit à vingt-quatre mois entre l’achat et le chantier.", "visits": "Écrivez-nous avant vendredi pour la visite de mardi.",
                "kind": "recurring", "co_organiser_ids": [cast.orgs["bondy"].id], "circumstances": "Dépollution puis construction, calendrier de l’opération d’aménagement.", "occupation_from": month(3), "occupation_until": month(22), "decision_on": days_ago(-45).date()},
    )  # fmt: skip
    deposit = File(
        "karim",
        "mains",
        "L’atelier du dehors",
        "Atelier d’impression en plein air et fête du quartier.",
        ("workshop",),
        {"A": (1, 300, 600)},
    )
    draft = File(
        "ines",
        "fou",
        "Jardin des teintures",
        "Plantes tinctoriales et ateliers de teinture avec les écoles.",
        ("garden",),
        {"A": (1, 400, 800)},
        local=True,
    )
    await stories.apply(db, cast, made, deposit, lots, days_ago(2))
    await stories.apply(db, cast, made, draft, lots, days_ago(1), submit=False)
    await _seats_offered(db, cast, made)


async def _seats_offered(db: AsyncSession, cast: Cast, made: Call) -> None:
    """The panel of TempO' while the call is open: Samira presides, Yann said yes, Sophie said no, Malik has not answered."""
    samira = cast.actor("samira")
    with clock.at(days_ago(3)):
        await panels.compose(db, samira, made, Rules(meets_at=days_ago(-30, 14)))
        await stories.sit(db, cast, made, "samira", "samira", SeatTerms("city_ess", chair=True))
        await stories.sit(db, cast, made, "samira", "yann", SeatTerms("expert"))
        for person, college in (("malik", "urban_policy"), ("sophie", "landlord")):
            offer = await invitations.invite(db, samira, made, cast.users[person].email, SeatTerms(college))
            if person == "sophie":
                why = "Je siège déjà dans deux commissions cet automne."
                await invitations.decline(db, cast.actor("sophie"), offer.id, why)


async def load(db: AsyncSession, cast: Cast, places: Places) -> None:
    await rennes(db, cast, places)
    await lille(db, cast, places)
    await tempo(db, cast, places)
