"""Mails of this room: who is told, and in which words. Rows of the outbox, written in the caller's transaction."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from calls.changes import Change
from calls.group_shares import Share
from calls.meeting_models import DuplicateDecision
from calls.models import Application, Call, CallVersion, Extension
from intervalle import mail
from intervalle.accounts.models import Membership, Organisation, User
from intervalle.later import _, instant
from intervalle.settings import settings


async def people_of(db: AsyncSession, organisation_ids: Iterable[int]) -> list[User]:
    """Those who act for these organisations (administrators and editors), each once."""
    found = await db.execute(
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.organisation_id.in_(list(organisation_ids)),
            Membership.ended_at.is_(None),
            Membership.role.in_(("admin", "editor")),
            User.disabled_at.is_(None),
        )
        .order_by(User.id)
        .distinct()
    )
    return list(found.scalars())


async def tell(
    db: AsyncSession,
    organisation_ids: Iterable[int],
    *,
    kind: str,
    dedupe: str,
    subject: mail.Words,
    text: mail.Words,
    about: str = "",
) -> int:
    """One message per person, each alone in « To »; gives how many were written now."""
    written = 0
    for person in await people_of(db, organisation_ids):
        message = await mail.post(
            db,
            to=person.email,
            subject=subject,
            text=text,
            kind=kind,
            dedupe=f"{dedupe}:{person.id}",
            user_id=person.id,
            about=about,
        )
        written += message is not None
    return written


def address(path: str) -> str:
    return f"{settings().base_url}{path}"


async def applicants_of(db: AsyncSession, call_id: int) -> list[int]:
    """Structures with a draft or a submitted file that was not withdrawn."""
    found = await db.execute(
        select(Application.organisation_id).where(Application.call_id == call_id, Application.withdrawn_at.is_(None))
    )
    return list(found.scalars())


async def extended(db: AsyncSession, call: Call, extension: Extension) -> int:
    text = _(
        "La date limite de l’appel « %(title)s » est reportée pour tout le monde.\n\n"
        "Nouvelle date limite : %(to)s\nAncienne date limite : %(was)s\nMotif : %(reason)s\n\n"
        "Une candidature déjà déposée le reste ; vous pouvez la reprendre jusqu’à la nouvelle date.\n%(link)s\n",
        title=call.title,
        to=instant(extension.to_instant),
        was=instant(extension.from_instant),
        reason=extension.reason,
        link=address(f"/appels/{call.id}"),
    )
    return await tell(
        db, await applicants_of(db, call.id), kind="calls.extended", about=f"call:{call.id}", dedupe=f"call-extended:{extension.id}",
        subject=_("Date limite reportée : %(title)s", title=call.title), text=text,
    )  # fmt: skip


async def changed(
    db: AsyncSession, call: Call, version: CallVersion, changes: Sequence[Change], *, was: datetime | None,
    drafting: Iterable[int], deposited: Iterable[int],
) -> int:  # fmt: skip
    """A new version: what changed, and what it means for a draft or for a submitted file. Never a link that acts."""
    lines = "\n".join(f"- {change.label}" for change in changes)
    closing = (
        _("Nouvelle date limite : %(to)s (auparavant %(was)s).", to=instant(call.closes_at), was=instant(was))
        if was != call.closes_at
        else _("La date limite ne change pas : %(to)s.", to=instant(call.closes_at))
    )
    start = _(
        "L’appel « %(title)s » change : sa version %(n)s remplace la précédente.\n\nMotif : %(reason)s\n\n"
        "Ce qui change :\n%(lines)s\n\n%(closing)s\n",
        title=call.title, n=version.number, reason=version.change_reason, lines=lines, closing=closing,
    )  # fmt: skip
    ends = {
        "draft": _("Votre brouillon est gardé et suit désormais cette version : relisez-le avant de le déposer."),
        "deposited": _(
            "Votre candidature reste déposée, sous la version qu’elle avait. Vous pouvez la confirmer telle quelle, ou la "
            "reprendre pour la corriger, jusqu’à la date limite."
        ),
    }
    link = address(f"/appels/{call.id}/versions/{version.number}")
    written = 0
    for state, organisations in (("draft", drafting), ("deposited", deposited)):
        written += await tell(
            db, organisations, kind="calls.changed", about=f"call:{call.id}", dedupe=f"call-changed:{version.id}",
            subject=_("L’appel change : %(title)s", title=call.title), text=start + "\n" + ends[state] + f"\n{link}\n",
        )  # fmt: skip
    return written


async def gathered(db: AsyncSession, call: Call, batch: Call, organisation_ids: Sequence[int]) -> int:
    """The file is taken in a batch of a rolling call: it is examined now, it can no longer be taken back."""
    text = _(
        "Votre dossier pour l’appel au fil de l’eau « %(title)s » est relevé : la commission l’examine maintenant, sans "
        "attendre la clôture de l’appel.\n\nIl ne peut plus être repris ni corrigé ; vous pouvez le retirer. "
        "Vous recevrez une réponse motivée.\n%(link)s\n",
        title=call.title,
        link=address(f"/appels/{batch.id}"),
    )
    return await tell(
        db, organisation_ids, kind="calls.gathered", about=f"call:{batch.id}", dedupe=f"call-gathered:{batch.id}",
        subject=_("Dossier relevé : %(title)s", title=call.title), text=text,
    )  # fmt: skip


async def cancelled(db: AsyncSession, call: Call) -> int:
    text = _(
        "L’appel « %(title)s » est annulé.\n\nMotif : %(reason)s\n\n"
        "Votre dossier reste lisible, et vous pouvez en reprendre le texte pour un autre appel.\n%(link)s\n",
        title=call.title,
        reason=call.cancel_reason,
        link=address(f"/appels/{call.id}"),
    )
    return await tell(
        db, await applicants_of(db, call.id), kind="calls.cancelled", about=f"call:{call.id}", dedupe=f"call-cancelled:{call.id}",
        subject=_("Appel annulé : %(title)s", title=call.title), text=text,
    )  # fmt: skip


async def received(
    db: AsyncSession, application: Application, call: Call, structure: Organisation, *, sealed: bool = True
) -> int:
    """The receipt, to the people of the lead structure: instant and hash, in words."""
    text = _(
        "La candidature %(label)s de %(structure)s à l’appel « %(title)s » est déposée.\n\n"
        "Reçue le %(at)s.\nEmpreinte SHA-256 du contenu : %(hash)s\n\n"
        "Le récépissé à garder : %(receipt)s\n"
        "Vous pouvez la reprendre pour la corriger jusqu’à la clôture, le %(closing)s.",
        label=application.label,
        structure=structure.name,
        title=call.title,
        at=instant(application.submitted_at),
        hash=application.content_sha256,
        receipt=address(f"/candidatures/{application.id}/recepisse"),
        closing=instant(call.closes_at),
    )
    text += f" {_('Personne ne la lit avant.')}\n" if sealed else "\n"
    return await tell(
        db, [application.organisation_id], kind="applications.received", about=f"application:{application.id}",
        dedupe=f"application-received:{application.id}:{application.content_sha256}:{application.version}",
        subject=_("Candidature déposée : %(title)s", title=call.title), text=text,
    )  # fmt: skip


async def merged(db: AsyncSession, application: Application, call: Call, decision: DuplicateDecision) -> int:
    """To the structure whose file is withdrawn as a duplicate, or stands again because that decision was changed."""
    said = (
        _("Votre dossier %(label)s, pour l’appel « %(title)s », a été retiré : l’organisateur y voit un doublon. "
          "L’autre dossier reste à l’examen.", label=application.label, title=call.title)
        if application.withdrawn_at
        else _("Votre dossier %(label)s, pour l’appel « %(title)s », est de nouveau à l’examen.", label=application.label, title=call.title)
    )  # fmt: skip
    text = _(
        "%(said)s\n\nMotif : %(motive)s\n\nSi c’est une erreur, écrivez vite à l’organisateur : il peut revenir sur sa "
        "décision jusqu’au classement.\n%(link)s\n",
        said=said, motive=decision.motive, link=address(f"/candidatures/{application.id}"),
    )  # fmt: skip
    return await tell(
        db, [application.organisation_id], kind="applications.merged", about=f"application:{application.id}",
        dedupe=f"application-merged:{decision.id}:{application.id}:{decision.decided_at.isoformat()}",
        subject=_("Doublon, décision de l’organisateur : %(title)s", title=call.title), text=text,
    )  # fmt: skip


async def typed(db: AsyncSession, application: Application, call: Call, structure: Organisation) -> int:
    """A file received on paper was typed in: to the structure's people, or to the address it gave. With the receipt's words."""
    text = _(
        "Le dossier de %(structure)s pour l’appel « %(title)s » a été saisi par l’organisateur.\n\n"
        "Candidature %(label)s, reçue le %(at)s.\nEmpreinte SHA-256 du contenu saisi : %(hash)s\n\n"
        "Avec un compte, vous pouvez le relire et, jusqu’à la clôture, le %(closing)s, le reprendre vous-même.\n%(link)s\n",
        structure=structure.name, title=call.title, label=application.label, at=instant(application.received_at),
        hash=application.content_sha256, closing=instant(call.closes_at),
        link=address(f"/candidatures/{application.id}"),
    )  # fmt: skip
    subject = _("Votre dossier est enregistré : %(title)s", title=call.title)
    dedupe = f"application-typed:{application.id}:{application.content_sha256}"
    about = f"application:{application.id}"
    written = await tell(
        db, [structure.id], kind="applications.received", dedupe=dedupe, subject=subject, text=text, about=about
    )
    if written or not structure.email:
        return written
    message = await mail.post(
        db, to=structure.email, subject=subject, text=text, kind="applications.received", dedupe=dedupe, about=about
    )
    return int(message is not None)


async def invited(
    db: AsyncSession,
    application: Application,
    call: Call,
    lead: Organisation,
    partner_id: int,
    number: int,
    share: Share,
) -> int:
    text = _(
        "%(lead)s vous invite à candidater ensemble à l’appel « %(title)s ».\n\n"
        "Votre part : %(share)s.\n\nLisez le dossier et répondez : tant que vous n’avez pas accepté, le dossier ne peut pas être déposé à vos deux noms.\n"
        "%(link)s\n",
        lead=lead.name,
        title=call.title,
        share=share.line or _("à convenir avec cette structure"),
        link=address(f"/candidatures/{application.id}"),
    )
    return await tell(
        db, [partner_id], kind="applications.invited", about=f"application:{application.id}", dedupe=f"application-invited:{application.id}:{partner_id}:{number}",
        subject=_("Candidater ensemble : %(title)s", title=call.title), text=text,
    )  # fmt: skip


async def answered(
    db: AsyncSession, application: Application, call: Call, partner: Organisation, *, said: str, share: Share
) -> int:
    """To the lead: a partner accepted, declined, or left what it had accepted; what that changes, and what to do."""
    sentences = {
        "accepted": _("%(partner)s a accepté de candidater avec vous à l’appel « %(title)s ».", partner=partner.name, title=call.title),
        "declined": _("%(partner)s ne candidate pas avec vous à l’appel « %(title)s ».", partner=partner.name, title=call.title),
        "left": _(
            "%(partner)s quitte le dossier commun à l’appel « %(title)s », après l’avoir accepté.\n\n"
            "Sa part revient à votre structure : %(share)s.\nVérifiez les surfaces demandées et la grille de présence, puis déposez avant le %(closing)s.",
            partner=partner.name, title=call.title, share=share.line or _("aucune part n’était convenue"), closing=instant(call.closes_at),
        ),
    }  # fmt: skip
    return await tell(
        db, [application.organisation_id], kind="applications.answered", about=f"application:{application.id}",
        dedupe=f"application-answered:{application.id}:{partner.id}:{said}:{application.version}",
        subject=_("%(partner)s quitte votre dossier", partner=partner.name) if said == "left" else _("Réponse de %(partner)s", partner=partner.name),
        text=sentences[said] + "\n\n" + address(f"/candidatures/{application.id}/dossier/partenaires") + "\n",
    )  # fmt: skip


async def removed(db: AsyncSession, application: Application, call: Call, lead: Organisation, partner_id: int) -> int:
    return await tell(
        db, [partner_id], kind="applications.removed", about=f"application:{application.id}", dedupe=f"application-removed:{application.id}:{partner_id}:{application.version}",
        subject=_("Vous ne faites plus partie d’un dossier commun"),
        text=_(
            "%(lead)s ne vous compte plus dans son dossier pour l’appel « %(title)s ».\n\n"
            "Vous pouvez candidater seul, ou avec d’autres, jusqu’au %(closing)s.\n%(link)s\n",
            lead=lead.name, title=call.title, closing=instant(call.closes_at), link=address(f"/appels/{call.id}"),
        ),
    )  # fmt: skip
