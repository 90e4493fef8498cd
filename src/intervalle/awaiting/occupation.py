"""What awaits those who answer for premises: publish, prepare titles, follow them, count them, prepare the exit."""

from datetime import date
from typing import Any, cast

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.leases import queries as leasing
from allocation.leases import workflow as lease_life
from allocation.leases.models import Condition, Lease
from allocation.relocation import queries as relocating
from allocation.relocation.models import RelocationPath, RelocationStep
from allocation.relocation.schedule import Step
from allocation.tfpb import queries as taxing
from allocation.tfpb.models import TfpbAgreement, TfpbProgramme
from intervalle import clock
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy import WRITE
from intervalle.accounts.policy_table import POLICY
from intervalle.awaiting.task import MOST, SOON, Task, paris_day
from intervalle.i18n import _, day, instant, ngettext
from premises import placing, queries
from premises.models import Premises

FEW = 3  # drafts told one by one


async def leases_to_prepare(db: AsyncSession, actor: Actor) -> list[Task]:
    """Places given on one's lots that have no title yet."""
    rows = await db.execute(leasing.awards_to_prepare(actor).limit(MOST))
    tasks = []
    for award, lot, premises, tenant, _application, _call in rows:
        stage = award.stage()
        if stage == "expired":
            continue
        answered = stage == "accepted"
        tasks.append(
            Task(
                _("%(tenant)s, %(place)s, lot %(lot)s", tenant=tenant.name, place=premises.name, lot=lot.label),
                _("À vous : préparez le titre, la structure a accepté la place.")
                if answered
                else _("La structure répond avant le %(end)s ; vous pouvez déjà préparer le titre.",
                       end=instant(award.offer_expires_at)),
                "/titres",
                answered and POLICY.can(actor, "leases.prepare"),
                None if answered else paris_day(award.offer_expires_at),
            )
        )  # fmt: skip
    return tasks


async def leases(db: AsyncSession, actor: Actor) -> list[Task]:
    """Titles to complete and sign, and keys to hand over."""
    mine, today = actor.organisations(), clock.today()
    rows = await db.execute(
        leasing.with_context(leasing.leases_visible_to(actor))
        .where(
            or_(Lease.signed_at.is_(None), Lease.keys_handed_on.is_(None)),
            Lease.ended_on.is_(None),
            or_(func.upper_inf(Lease.during), func.upper(Lease.during) > today),
        )
        .order_by(func.lower(Lease.during), Lease.id)
        .limit(MOST)
    )
    tasks = []
    for lease, lot, premises, landlord, tenant in rows:
        answers = bool(mine & lease.parties()["landlord"])
        other = tenant if answers else landlord
        standing = lease_life.Standing(
            lease.stage(), lease.during.lower, lease.during.upper, None, 0, lease.keys_handed_on, lease.insured_until
        )
        tasks.append(
            Task(
                _("%(other)s, %(place)s, lot %(lot)s", other=other.name, place=premises.name, lot=lot.label),
                lease_life.next_step(standing, landlord=answers, today=today),
                f"/titres/{lease.id}",
                answers and POLICY.can(actor, "leases.prepare", lease),
                lease.during.lower,
                bool(lease.signed_at and lease.during.lower and lease.during.lower < today),
            )
        )
    return tasks


async def counterparts(db: AsyncSession, actor: Actor) -> list[Task]:
    """Conditions of signed titles, late or due within a month."""
    today, mine = clock.today(), actor.organisations()
    visible = leasing.leases_visible_to(actor).where(Lease.signed_at.is_not(None), Lease.ended_on.is_(None))
    rows = await db.execute(
        select(Condition, Lease, Organisation)
        .join(Lease, Lease.id == Condition.lease_id)
        .join(Organisation, Organisation.id == Lease.tenant_id)
        .where(
            Condition.done_at.is_(None),
            Condition.due <= today + SOON,
            Lease.id.in_(visible.with_only_columns(Lease.id)),
        )
        .order_by(Condition.due, Condition.id)
        .limit(MOST)
    )
    return [_counterpart(row[0], row[1], row[2], mine, today) for row in rows]


def _counterpart(one: Condition, lease: Lease, tenant: Organisation, mine: frozenset[int], today: date) -> Task:
    what = _("%(label)s, %(tenant)s", label=one.label, tenant=tenant.name)
    late = one.due is not None and one.due < today
    holds = bool(mine & lease.parties()["tenant"])
    if holds:
        said = _("À vous : montrez au bailleur ce qui a été fait, avant le %(day)s.", day=day(one.due))
    else:
        said = _("À l’occupant de le faire avant le %(day)s, puis à vous de le constater.", day=day(one.due))
    return Task(what, said, f"/titres/{lease.id}", holds or late, one.due, late)


async def tax_lines(db: AsyncSession, actor: Actor) -> list[Task]:
    """Titles of the quarter that no action of the year's programme counts yet."""
    # The room's query for one programme, asked of each programme of the outer one: columns stand where values do.
    uncounted = (
        taxing.leases_to_value(cast(Any, TfpbProgramme), cast(Any, TfpbAgreement))
        .with_only_columns(func.count())
        .order_by(None)
        .correlate(TfpbProgramme, TfpbAgreement)
        .scalar_subquery()
    )
    rows = await db.execute(
        select(TfpbProgramme, TfpbAgreement, uncounted)
        .join(TfpbAgreement, TfpbAgreement.id == TfpbProgramme.agreement_id)
        .where(
            TfpbAgreement.id.in_(taxing.agreements_visible_to(actor).with_only_columns(TfpbAgreement.id)),
            TfpbProgramme.year <= clock.today().year,
            TfpbProgramme.account_sent_on.is_(None),
        )
        .order_by(TfpbProgramme.year, TfpbProgramme.id)
        .limit(MOST)
    )
    return [
        Task(
            _("Abattement TFPB %(year)s, quartier %(qpv)s", year=programme.year, qpv=agreement.qpv_code),
            ngettext(
                "À vous : un titre signé dans le quartier n’est pas encore valorisé.",
                "À vous : %(n)s titres signés dans le quartier ne sont pas encore valorisés.",
                count,
            ),
            f"/tfpb/programmes/{programme.id}",
            POLICY.can(actor, "tfpb.value", agreement),
            date(programme.year, 12, 31),
            programme.year < clock.today().year,
        )
        for programme, agreement, count in rows
        if count
    ]


async def relocations(db: AsyncSession, actor: Actor) -> list[Task]:
    """Steps of relocation paths, late or due within a month: one line per path, its first step to do."""
    today, mine = clock.today(), actor.organisations()
    visible = relocating.paths_visible_to(actor).with_only_columns(RelocationPath.id)
    follow_up = RelocationStep.kind.in_((Step.FOLLOW_UP_6, Step.FOLLOW_UP_12))
    rows = await db.execute(
        select(RelocationPath, RelocationStep, Organisation)
        .join(RelocationStep, RelocationStep.path_id == RelocationPath.id)
        .join(Organisation, Organisation.id == RelocationPath.organisation_id)
        .where(
            RelocationPath.id.in_(visible),
            RelocationStep.done_at.is_(None),
            RelocationStep.due <= today + SOON,
            or_(RelocationPath.closed_at.is_(None), follow_up),
        )
        .order_by(RelocationStep.due, RelocationStep.id)
        .limit(MOST)
    )
    first = {path.id: (path, step, tenant) for path, step, tenant in reversed(rows.all())}
    return [_relocation(actor, *row, mine, today) for row in first.values()]


def _relocation(
    actor: Actor, path: RelocationPath, step: RelocationStep, tenant: Organisation, mine: frozenset[int], today: date
) -> Task:
    answers = bool(mine & path.parties()["landlord"])
    values = {"step": Step(step.kind).label, "day": day(step.due)}
    said = (
        _("À vous : « %(step)s », au plus tard le %(day)s.", **values)
        if answers
        else _("Le propriétaire fait « %(step)s » au plus tard le %(day)s.", **values)
    )
    writes = answers and POLICY.can(actor, "relocation.follow_up", path)
    what = _("Relogement de %(tenant)s", tenant=tenant.name)
    return Task(what, said, f"/relogement/{path.id}", writes, step.due, step.due < today)


async def premises_to_publish(db: AsyncSession, actor: Actor) -> list[Task]:
    """Drafts, one by one; many of them (an import) are one line, so that what others wait for is not lost among them."""
    drafts = queries.premises_of(actor).where(Premises.published_at.is_(None))
    places = list((await db.execute(drafts.limit(FEW + 1))).scalars())
    if len(places) > FEW:
        counted = select(func.count()).select_from(drafts.order_by(None).with_only_columns(Premises.id).subquery())
        count = (await db.execute(counted)).scalar_one()
        writes = any(POLICY.can(actor, "premises.publish", place) for place in places)
        return [
            Task(
                ngettext("%(n)s local à compléter et publier", "%(n)s locaux à compléter et publier", count),
                _("À vous : complétez-les et publiez-les, un à un. Personne d’autre ne les voit.") if writes
                else _("À vos collègues : les compléter et les publier, un à un. Personne d’autre ne les voit."),
                "/locaux/mes-locaux?etat=brouillon",
                writes,
            )
        ]  # fmt: skip
    return [
        Task(
            place.name,
            _("À vous : complétez ce local et publiez-le. Personne d’autre ne le voit.") if POLICY.can(actor, "premises.publish", place)
            else _("À vos collègues : compléter ce local et le publier. Personne d’autre ne le voit."),
            f"/locaux/{place.id}/modifier",
            POLICY.can(actor, "premises.publish", place),
        )
        for place in places
    ]  # fmt: skip


async def positions_to_check(db: AsyncSession, actor: Actor) -> list[Task]:
    """One line for all the positions that were found with doubt: it stays until a person has answered for each."""
    mine = Premises.owner_id.in_(actor.organisations(WRITE, scope="premises"))
    counted = select(func.count(Premises.id)).where(mine, Premises.withdrawn_at.is_(None), placing.unsure())
    if not (count := (await db.execute(counted)).scalar_one()):
        return []
    said = ngettext("Position d’un local à vérifier", "Positions de %(n)s locaux à vérifier", count)
    todo = _("À vous : confirmez le point trouvé, ou donnez-le à la main. Personne ne l’a fait.")
    return [Task(said, todo, "/locaux/mes-locaux?position=a-verifier", True)]
