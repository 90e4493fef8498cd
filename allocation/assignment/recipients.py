"""Who reads for a structure: whoever deposited its application, or the structure's own address."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from calls.models import Application
from intervalle.accounts.models import Organisation, User
from intervalle.errors import Refused
from intervalle.i18n import _


async def recipient_of(
    db: AsyncSession, application: Application, organisation: Organisation
) -> tuple[str, int | None]:
    """(address, user id). Refused when nobody can be reached: a decision must not be lost in silence."""
    found = await db.execute(select(User).where(User.id == application.submitted_by_id))
    person = found.scalar_one_or_none()
    if person is not None and person.disabled_at is None:
        return person.email, person.id
    if organisation.email:
        return organisation.email, None
    raise Refused(
        _("Nous n’avons pas d’adresse pour %(name)s.", name=organisation.name), "Complétez la fiche de la structure."
    )
