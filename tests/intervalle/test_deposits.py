"""What people send: five hundred bad files are refused in words, good ones are kept clean, the antivirus is heard."""

import asyncio
import hashlib
import io
import struct
import zlib
from collections import Counter
from pathlib import Path

import pytest
from litestar.datastructures import UploadFile
from PIL import Image

from intervalle import antivirus, deposits, files, unfit
from intervalle.files import BadFile
from intervalle.inspection import Unfit, inspect
from intervalle.settings import Settings
from tests.intervalle import malformed


def test_five_hundred_malformed_files_are_each_refused_with_a_known_reason(tmp_path: Path) -> None:
    path, copy = tmp_path / "recu", tmp_path / "copie"
    corpus, kept, codes = malformed.bad(), [], Counter[str]()
    for family, name, content in corpus:
        path.write_bytes(content)
        try:
            inspect(path, copy)
            kept.append((family, name, content[:20]))
        except Unfit as refused:
            codes[refused.code] += 1
    assert kept == []
    assert len(corpus) >= 500
    assert set(codes) <= set(unfit.SENTENCES)
    assert {"empty", "unknown", "archive", "old_office", "heic", "not_an_image", "too_many_points", "damaged", "protected",
            "program", "hidden", "bomb", "too_many_pages"} == set(codes)  # fmt: skip


def test_good_files_are_known_for_what_they_are(tmp_path: Path) -> None:
    path, copy = tmp_path / "recu", tmp_path / "copie"
    for name, kind, content in malformed.good():
        path.write_bytes(content)
        found = inspect(path, copy)
        assert (name, found.content_type) == (name, kind)
        if found.rewritten:
            assert b"charge.exe" not in copy.read_bytes()
            with Image.open(copy) as image:
                assert image.format == "JPEG"


def upload(name: str, content: bytes) -> UploadFile:
    return UploadFile("application/octet-stream", name, content)


async def test_a_document_is_opened_apart_and_kept_under_its_own_name() -> None:
    content = malformed.pdf()
    deposit = await deposits.receive(upload("Statuts signés\u202e.PDF", content))
    assert (deposit.name, deposit.content_type, deposit.content) == ("Statuts signés.PDF", "application/pdf", content)
    assert (deposit.sent_sha256, deposit.scan, deposit.pages) == (hashlib.sha256(content).digest(), "not_scanned", 1)


async def test_a_photo_is_kept_without_what_the_camera_wrote() -> None:
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x010F] = "Appareil de Nadia"
    Image.new("RGB", (50, 40), "red").save(out, "JPEG", exif=exif)
    deposit = await deposits.receive(upload("façade.png", out.getvalue()))
    assert deposit.name == "façade.jpg"
    assert b"Nadia" not in deposit.content
    assert deposit.sent_sha256 == hashlib.sha256(out.getvalue()).digest()


async def test_a_file_past_the_limit_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    sent, read = upload("gros.pdf", b"%PDF-1.7\n" + bytes(3 * 1_048_576)), []
    whole = sent.read

    async def counted(size: int) -> bytes:
        read.append(size)
        return await whole(size)

    monkeypatch.setattr(UploadFile, "read", lambda self, size: counted(size))
    with pytest.raises(BadFile, match="dépasse 1 Mo"):
        await deposits.receive(sent, most=1_048_576)
    assert sum(read) < 2 * 1_048_576


@pytest.mark.drill
async def test_an_inspection_that_dies_is_a_refusal() -> None:
    # A PDF whose compressed object list would unpack to three gigabytes: its reader dies alone, of its own limit.
    squeezer = zlib.compressobj(9)
    head = squeezer.compress(b"") + squeezer.flush(zlib.Z_FULL_FLUSH)
    block = squeezer.compress(bytes(1 << 24)) + squeezer.flush(zlib.Z_FULL_FLUSH)  # the same bytes each time
    body = head + block * 190 + squeezer.flush()
    content = (
        b"%PDF-1.5\n1 0 obj\n<</Type/XRef/Size 9/W[1 2 2]/Root 2 0 R/Filter/FlateDecode/Length " + str(len(body)).encode()
        + b">>\nstream\n" + body + b"\nendstream\nendobj\nstartxref\n9\n%%EOF\n"
    )  # fmt: skip
    with pytest.raises(BadFile):
        await deposits.receive(upload("bombe.pdf", content))


class Clamd:
    """A daemon that speaks INSTREAM and recognises one word."""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(10) == b"nINSTREAM\n"
        content = b""
        while size := struct.unpack("!L", await reader.readexactly(4))[0]:
            content += await reader.readexactly(size)
        writer.write(b"stream: Eicar-Test FOUND\n" if b"MALIN" in content else b"stream: OK\n")
        await writer.drain()
        writer.close()


@pytest.mark.parametrize(("content", "said"), [(b"un texte sain", "clean"), (b"un texte MALIN", None)])
async def test_the_antivirus_is_asked_and_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, said: str | None
) -> None:
    path, place = tmp_path / "piece", tmp_path / "clamd"
    path.write_bytes(content)
    server = await asyncio.start_unix_server(Clamd().answer, place)
    monkeypatch.setattr(antivirus, "settings", lambda: Settings(clamd=f"unix:{place}"))
    async with server:
        if said:
            assert await antivirus.scan(path) == said
        else:
            with pytest.raises(BadFile, match="Eicar-Test"):
                await antivirus.scan(path)


async def test_a_silent_antivirus_says_not_scanned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "piece").write_bytes(b"a")
    monkeypatch.setattr(antivirus, "settings", lambda: Settings(clamd=f"unix:{tmp_path / 'absent'}"))
    assert await antivirus.scan(tmp_path / "piece") == "not_scanned"


def test_names_are_data() -> None:
    cleaned = [files.clean_name(name) for name in malformed.NAMES]
    assert all(len(name) <= 120 and "/" not in name and "\\" not in name and "\u202e" not in name for name in cleaned)
    assert cleaned[0] == malformed.NAMES[0]
