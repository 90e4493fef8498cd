"""Verbs on photos: add (decoded and written anew), remove."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import antivirus, files
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _
from premises.models import Photo, Premises
from premises.supply import locked, record

MOST = 12


async def add(db: AsyncSession, actor: Actor, premises: Premises, *, name: str, content: bytes, alt: str) -> Photo:
    """Keep a photo without its metadata, scanned as it came. Raises BadFile with a sentence for its field."""
    POLICY.check(actor, "premises.edit", premises)
    await locked(db, premises)
    count = (await db.execute(select(func.count(Photo.id)).where(Photo.premises_id == premises.id))).scalar_one()
    if count >= MOST:
        raise Refused(_("Douze photos au plus par local."), _("Retirez-en une d’abord."))
    clean, scan = await files.photo(content), await antivirus.scan_content(content)
    stored = await files.keep(
        db, name=name.rsplit(".", 1)[0] + ".jpg", content=clean, content_type="image/jpeg", audience="parties", scan=scan,
        owner_id=premises.owner_id, user_id=actor.user_id,
    )  # fmt: skip
    photo = Photo(premises_id=premises.id, file_id=stored.id, alt=alt, position=count)
    db.add(photo)
    await db.flush()
    await record(
        db, actor, premises, "premises.add_photo", {"photo": photo.id, "sha256": stored.sha256.hex(), "scan": scan}
    )
    return photo


async def remove(db: AsyncSession, actor: Actor, premises: Premises, photo_id: int) -> None:
    POLICY.check(actor, "premises.edit", premises)
    await locked(db, premises)
    photo = (
        await db.execute(select(Photo).where(Photo.id == photo_id, Photo.premises_id == premises.id))
    ).scalar_one_or_none()
    if photo is None:
        raise NotFound
    await db.delete(photo)
    await record(db, actor, premises, "premises.remove_photo", {"photo": photo_id})
