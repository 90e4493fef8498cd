"""Mail leaves after the commit, once, whole; whatever dies between leaves it to be sent."""

import asyncio
import hashlib
import itertools
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
from sqlalchemy import func, select, text

from intervalle import files, jobs, mail
from intervalle.french import tied
from intervalle.outbox import Message, StoredFile
from intervalle.settings import Settings

_n = itertools.count(1)
SUBJECT = "Votre candidature à l’appel « Le Timbre »"
TEXT = "Bonjour,\n\nVotre dépôt du 31 mars 2027 à 12 h 00 est enregistré.\nMontant : 4 821,92 €.\n"


async def posted(db: Any, **more: Any) -> int:
    values = {
        "to": "anne@exemple.fr",
        "subject": SUBJECT,
        "text": TEXT,
        "kind": "receipt",
        "dedupe": f"test:{next(_n)}",
    }
    message_id = await mail.post(db, **{**values, **more})
    assert message_id is not None
    return message_id


@pytest.fixture
def folder(monkeypatch: Any, tmp_path: Path) -> Path:
    """Mail goes to an empty folder; so do files."""
    made = Settings(
        mail=f"file:{tmp_path / 'mail'}", mail_from="Intervalle <robot@exemple.fr>", base_url="https://a.fr"
    )
    monkeypatch.setattr(mail, "settings", lambda: made)
    return tmp_path / "mail"


@pytest.fixture
async def attachment(db: Any, monkeypatch: Any, tmp_path: Path) -> StoredFile:
    stored = StoredFile(key="ab/cd", name="récépissé.pdf", content_type="application/pdf", size=4, sha256=b"", audience="parties", scan="own")  # fmt: skip
    content = b"%PDF-1.7\n\x00\xff"
    stored.sha256 = hashlib.sha256(content).digest()
    db.add(stored)
    await db.flush()
    from obstore.store import LocalStore

    (tmp_path / "files/ab").mkdir(parents=True)
    (tmp_path / "files/ab/cd").write_bytes(content)
    monkeypatch.setattr(files, "_store", lambda: LocalStore(tmp_path / "files"))
    return stored


async def jobs_for(db: Any, message_id: int) -> int:
    waiting = text(
        "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'send_message' AND args->>'message_id' = :id"
    )
    return int((await db.execute(waiting, {"id": str(message_id)})).scalar_one())


async def test_message_and_job_are_there_only_after_the_commit(committing: Any) -> None:
    async with committing() as writer, committing() as other:
        message_id = await posted(writer)
        assert (await other.get(Message, message_id), await jobs_for(other, message_id)) == (None, 0)
        await writer.commit()
        await other.rollback()
        found = await other.get(Message, message_id)
        assert (found.to_email, found.subject, found.sent_at, await jobs_for(other, message_id)) == (
            "anne@exemple.fr", SUBJECT, None, 1,
        )  # fmt: skip


async def test_a_rollback_takes_message_and_job_with_it(committing: Any) -> None:
    async with committing() as db:
        message_id = await posted(db)
        assert await jobs_for(db, message_id) == 1
        await db.rollback()
        assert (await db.get(Message, message_id), await jobs_for(db, message_id)) == (None, 0)


async def test_the_same_dedupe_is_written_once(db: Any) -> None:
    first = await posted(db, dedupe="award:1:released")
    again = await mail.post(db, to="b@exemple.fr", subject="B", text="B", kind="receipt", dedupe="award:1:released")
    assert again is None
    assert (await db.execute(select(func.count()).where(Message.dedupe == "award:1:released"))).scalar_one() == 1
    assert await jobs_for(db, first) == 1


async def test_two_posts_of_one_dedupe_at_the_same_instant(committing: Any) -> None:
    async def post_once() -> int | None:
        async with committing() as db, db.begin():
            return await mail.post(db, to="a@exemple.fr", subject="A", text="A", kind="k", dedupe="at once")

    written = await asyncio.gather(*(post_once() for _ in range(5)))
    assert sorted(one is not None for one in written) == [False, False, False, False, True]


async def test_a_line_break_in_a_subject_adds_no_header(db: Any, folder: Path) -> None:
    message_id = await posted(db, subject="Visite\r\nBcc: tous@exemple.fr\n\n<script>")
    await mail.send_one(db, message_id)
    (written,) = folder.glob("*.eml")
    read = message_from_bytes(written.read_bytes(), policy=policy.default)
    assert (read["Bcc"], read["Subject"]) == (None, "Visite Bcc: tous@exemple.fr <script>")


async def test_the_file_outbox_is_read_by_any_mail_reader(db: Any, folder: Path, attachment: StoredFile) -> None:
    message_id = await posted(db, attachment_id=attachment.id)
    assert await mail.send_one(db, message_id)
    assert [path.name for path in folder.iterdir()] == [f"{message_id:06d}.eml"]
    read = message_from_bytes((folder / f"{message_id:06d}.eml").read_bytes(), policy=policy.default)
    assert isinstance(read, EmailMessage)
    assert not read.defects
    assert (read["To"], read["From"], read["Subject"]) == (
        "anne@exemple.fr",
        "Intervalle <robot@exemple.fr>",
        tied(SUBJECT),
    )
    assert read["Message-ID"] == f"<message-{message_id}@a.fr>"
    body, (joined,) = read.get_body(("plain",)), list(read.iter_attachments())
    assert body is not None
    assert body.get_content() == tied(TEXT)
    assert (joined.get_filename(), joined.get_content_type()) == ("récépissé.pdf", "application/pdf")
    assert joined.get_content() == b"%PDF-1.7\n\x00\xff"


async def test_two_workers_send_one_message_once(committing: Any, folder: Path, monkeypatch: Any) -> None:
    sent: list[int] = []

    async def slow(_mail: EmailMessage, message_id: int) -> None:
        await asyncio.sleep(0.15)
        sent.append(message_id)

    monkeypatch.setattr(mail, "deliver", slow)
    async with committing() as db, db.begin():
        message_id = await posted(db)

    async def work() -> bool:
        async with committing() as db, db.begin():
            return await mail.send_one(db, message_id)

    assert sorted(await asyncio.gather(*(work() for _ in range(4)))) == [False, False, False, True]
    assert not await work()
    assert sent == [message_id]


async def test_a_refused_delivery_is_tried_again_with_the_same_identity(
    committing: Any, folder: Path, monkeypatch: Any
) -> None:
    """A worker that dies, or a server that says no, leaves the row unsent; the retry carries the same Message-ID."""
    seen: list[str] = []

    async def fails_once(made: EmailMessage, _id: int) -> None:
        seen.append(made["Message-ID"])
        if len(seen) == 1:
            raise ConnectionResetError

    monkeypatch.setattr(mail, "deliver", fails_once)
    async with committing() as db, db.begin():
        message_id = await posted(db)

    async def work() -> bool:
        async with committing() as db, db.begin():
            return await mail.send_one(db, message_id)

    with pytest.raises(ConnectionResetError):
        await work()
    async with committing() as db:
        assert (await db.get_one(Message, message_id)).sent_at is None
    assert await work()
    assert seen[0] == seen[1]
    assert not await work()


def test_the_job_is_tried_for_long_enough() -> None:
    """Twelve tries, 3, 9, 27… seconds apart: a mail server may be away for days."""
    strategy = mail.send_message.retry_strategy
    assert strategy is jobs.RETRY
    assert (strategy.max_attempts, strategy.exponential_wait) == (12, 3)


# --- over SMTP -------------------------------------------------------------------------------------------------------


class Server:
    """The least of a mail server: says yes, and keeps what it is given."""

    def __init__(self) -> None:
        self.received: list[tuple[str, list[str], bytes]] = []
        self.port = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender, recipients = "", []
        writer.write(b"220 essai\r\n")
        while line := (await reader.readline()).strip():
            verb = line.split(b" ")[0].split(b":")[0].upper()
            answer = b"250 oui\r\n"
            if verb == b"MAIL":
                sender = line.decode()
            elif verb == b"RCPT":
                recipients.append(line.decode())
            elif verb == b"DATA":
                writer.write(b"354 oui\r\n")
                content = (await reader.readuntil(b"\r\n.\r\n"))[:-5]
                self.received.append((sender, recipients, content))
            elif verb == b"QUIT":
                answer = b"221 au revoir\r\n"
            writer.write(answer)
            if verb == b"QUIT":
                break
        writer.close()


@pytest.fixture
async def server(monkeypatch: Any) -> AsyncIterator[Server]:
    made = Server()
    listening = await asyncio.start_server(made.talk, "127.0.0.1", 0)
    made.port = listening.sockets[0].getsockname()[1]
    known = Settings(
        mail=f"smtp://127.0.0.1:{made.port}", mail_from="Intervalle <robot@exemple.fr>", base_url="https://a.fr"
    )
    monkeypatch.setattr(mail, "settings", lambda: known)
    yield made
    listening.close()
    await listening.wait_closed()


async def test_a_message_with_its_file_is_received_by_a_mail_server(
    db: Any, server: Server, attachment: StoredFile
) -> None:
    message_id = await posted(db, attachment_id=attachment.id)
    assert await mail.send_one(db, message_id)
    ((sender, recipients, content),) = server.received
    assert sender.startswith("MAIL FROM:<robot@exemple.fr>")
    assert recipients == ["RCPT TO:<anne@exemple.fr>"]
    read = message_from_bytes(content, policy=policy.default)
    assert isinstance(read, EmailMessage)
    assert (read["Subject"], read["Message-ID"]) == (tied(SUBJECT), f"<message-{message_id}@a.fr>")
    (joined,) = read.iter_attachments()
    assert (joined.get_filename(), joined.get_content()) == ("récépissé.pdf", b"%PDF-1.7\n\x00\xff")
    assert (await db.get_one(Message, message_id)).sent_at is not None


async def test_no_server_is_an_error_and_not_a_sent_message(db: Any, server: Server, monkeypatch: Any) -> None:
    monkeypatch.setattr(mail, "settings", lambda: Settings(mail="smtp://127.0.0.1:1", base_url="https://a.fr"))
    message_id = await posted(db)
    with pytest.raises(aiosmtplib.SMTPConnectError):
        await mail.send_one(db, message_id)
    assert (await db.get_one(Message, message_id)).sent_at is None
    assert server.received == []


async def test_a_long_subject_keeps_every_space_between_accented_words(db: Any, folder: Path) -> None:
    subject = "Triangle des Rigondes : proposé au jardin voisin : réponse à votre recours (C-01) « été » déjà reçu"
    message_id = await posted(db, subject=subject)
    await mail.send_one(db, message_id)
    (written,) = folder.glob("*.eml")
    assert message_from_bytes(written.read_bytes(), policy=policy.default)["Subject"] == tied(subject)
