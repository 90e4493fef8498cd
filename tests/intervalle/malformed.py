"""More than five hundred files that must not be kept, made on the spot from seeds; and good ones, that must."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pikepdf
from PIL import Image

Bad = tuple[str, str, bytes]  # family, name, content
NAMES = (
    "budget prévisionnel été 2026.pdf", "Œuvre n° 3 (définitif).docx", "../../etc/passwd.pdf", "C:\\Temp\\plan.png",
    "rapport\u202efdp.exe", "a" * 300 + ".pdf", "文書.pdf", "<script>alert(1)</script>.pdf", "a\tb.pdf", ".pdf", "😀.jpg",
)  # fmt: skip


def pdf(change: Callable[[Any], None] | None = None, **saving: Any) -> bytes:
    document, out = pikepdf.new(), io.BytesIO()
    document.add_blank_page()
    if change:
        change(document)
    document.save(out, **saving)
    return out.getvalue()


def image(kind: str = "PNG", mode: str = "RGB", size: tuple[int, int] = (120, 80)) -> bytes:
    out = io.BytesIO()
    picture = Image.effect_noise(size, 60).convert(mode)
    picture.save(out, kind)
    return out.getvalue()


def zipped(entries: dict[str, bytes], *, first_stored: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, content) in enumerate(entries.items()):
            archive.writestr(name, content, zipfile.ZIP_STORED if first_stored and not number else None)
    return out.getvalue()


TYPES = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


def docx(**more: bytes) -> bytes:
    extra = {name.replace("__", "/"): content for name, content in more.items()}
    return zipped({"[Content_Types].xml": TYPES, "word/document.xml": b"<w:document/>" * 50, **extra})


def odt(**more: bytes) -> bytes:
    extra = {name.replace("__", "/"): content for name, content in more.items()}
    head = {"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<office/>" * 40}
    return zipped({**head, **extra}, first_stored=True)


def good() -> list[tuple[str, str, bytes]]:
    """(name, the type it is kept as, content)."""
    return [
        ("Statuts signés.pdf", "application/pdf", pdf()),
        ("restreint.pdf", "application/pdf", pdf(encryption=pikepdf.Encryption(owner="o", user=""))),
        *((f"plan.{kind.lower()}", "image/jpeg", image(kind)) for kind in ("PNG", "JPEG", "WEBP")),
        ("fond transparent.png", "image/jpeg", image("PNG", "RGBA")),
        ("photo.jpg", "image/jpeg", image("JPEG") + zipped({"charge.exe": b"MZ"})),  # rewritten: the tail is gone
        ("note.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", docx()),
        ("budget.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", zipped({"[Content_Types].xml": TYPES, "xl/workbook.xml": b"<w/>"})),
        ("lettre.odt", "application/vnd.oasis.opendocument.text", odt()),
    ]  # fmt: skip


def _cut(name: str, content: bytes, count: int) -> Iterator[Bad]:
    """Cut short at `count` places, the last one near the end."""
    for number in range(1, count + 1):
        at = max(5, len(content) * number // (count + 1))
        yield "cut", name, content[:at]


def _noise(rng: random.Random) -> Iterator[Bad]:
    """Nothing at all, and the right first bytes with nothing behind."""
    for name in ("a.pdf", "a.docx", "a.jpg", "a", "a.tar.gz"):
        for size in (1, 2, 7, 64, 500, 4096, 70_000):
            yield "noise", name, rng.randbytes(size)
    heads = {
        "b.pdf": b"%PDF-1.7\n", "b.png": b"\x89PNG\r\n\x1a\n", "b.docx": b"PK\x03\x04", "b.jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
        "b.webp": b"RIFF\x00\x01\x00\x00WEBPVP8 ", "b.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    }  # fmt: skip
    for name, head in heads.items():
        for size in (0, 1, 10, 100, 1000, 5000, 20_000, 90_000):
            yield "noise", name, head + rng.randbytes(size)
    for size in (10, 1000, 20_000):
        yield "noise", "fin.pdf", b"%PDF-1.7\n" + rng.randbytes(size) + b"\nstartxref\n9\n%%EOF\n"


def _flipped(rng: random.Random) -> Iterator[Bad]:
    """Good archives with bytes of their content changed: the checksum says it."""
    whole = docx(word__media=random.Random(1).randbytes(4000))
    start = whole.index(b"word/media") + 20
    for _ in range(60):
        changed = bytearray(whole)
        for at in rng.sample(range(start, start + 3500), 8):
            changed[at] ^= 0xFF
        yield "flipped", "note.docx", bytes(changed)


def _wrong() -> Iterator[Bad]:
    """Other kinds under an innocent name."""
    kinds = {
        "html": b"<!doctype html><html><script>alert(1)</script>", "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        "xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "exe": b"MZ\x90\x00" + bytes(200), "elf": b"\x7fELF\x02\x01\x01" + bytes(200),
        "sh": b"#!/bin/sh\nrm -rf /\n", "php": b"<?php system($_GET['c']);", "txt": b"Nous sommes une association.", "csv": b"a;b\n1;2\n",
        "rtf": b"{\\rtf1 bonjour}", "gif": image("GIF"), "tiff": image("TIFF"), "bmp": image("BMP"), "ico": image("ICO"), "rar": b"Rar!\x1a\x07\x00" + bytes(80),
        "7z": b"7z\xbc\xaf\x27\x1c" + bytes(80), "gz": b"\x1f\x8b\x08" + bytes(80), "bz2": b"BZh91AY&SY" + bytes(80), "heic": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
        "mp3": b"ID3\x03" + bytes(80), "mp4": b"\x00\x00\x00\x18ftypmp42" + bytes(80), "sqlite": b"SQLite format 3\x00" + bytes(90), "zip": zipped({"a.txt": b"a"}),
        "jar": zipped({"META-INF/MANIFEST.MF": b"Main-Class: A"}), "apk": zipped({"AndroidManifest.xml": b"a"}), "eml": b"From: a@b.c\nTo: d@e.f\n\nBonjour",
        "ps": b"%!PS-Adobe-3.0\n" + bytes(50), "class": b"\xca\xfe\xba\xbe" + bytes(60), "lnk": b"L\x00\x00\x00\x01\x14\x02\x00" + bytes(60),
    }  # fmt: skip
    for kind, content in kinds.items():
        for name in (f"piece.{kind}", "piece.pdf", "piece.jpg", "piece.docx"):
            yield "wrong", name, content


def _png_header(width: int, height: int) -> bytes:
    """A PNG that says it is this large."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + bytes(300)


def _jpeg_header(width: int, height: int) -> bytes:
    frame = struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes((1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1))
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xc0" + frame + bytes(300)


def _bombs() -> Iterator[Bad]:
    for width, height in ((60_000, 60_000), (2**31 - 1, 2), (20_000, 9000), (1, 2**30), (0, 10), (65_535, 65_535)):
        yield "bomb", "immense.png", _png_header(width, height)
    for width, height in ((60_000, 60_000), (65_535, 65_535), (40_000, 2000)):
        yield "bomb", "immense.jpg", _jpeg_header(width, height)
    zeros = bytes(40 * 1024 * 1024)
    yield "bomb", "bombe.docx", docx(word__media=zeros)
    yield "bomb", "bombe.odt", odt(Pictures__a=zeros)
    yield "bomb", "entrees.docx", docx(**{f"word__media__{n}": b"" for n in range(3000)})
    entities = b'<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><l>&b;</l>'
    yield "bomb", "entites.docx", docx(word__settings=entities)
    yield "bomb", "entites.odt", odt(styles=entities)

    def many(document: Any) -> None:
        for _ in range(501):
            document.add_blank_page()

    yield "bomb", "pages.pdf", pdf(many)


def _two_faced(rng: random.Random) -> Iterator[Bad]:
    """One file that two readers understand differently."""
    plain = pdf()
    for name in ("a.pdf", "b.zip", "c.docx", "d.html"):
        yield "polyglot", name, plain + zipped({"a.exe": b"MZ"})
        yield "polyglot", name, plain + b"<html><script>alert(document.cookie)</script>" + b" " * 200 + b"x" * 60
        yield "polyglot", name, b"<html>" + plain
        yield "polyglot", name, b"GIF89a" + plain
        yield "polyglot", name, plain + rng.randbytes(3000)
        yield "polyglot", name, b"MZ" + zipped({"a": b"b"})
        yield "polyglot", name, rng.randbytes(40) + plain


def _hiding() -> Iterator[Bad]:
    """Passwords, programs, attachments, entries that climb out."""
    name, dictionary, array = pikepdf.Name, pikepdf.Dictionary, pikepdf.Array

    def script() -> Any:
        return dictionary(S=name.JavaScript, JS=pikepdf.String("app.alert(1)"))

    def on_open(document: Any) -> None:
        document.Root.OpenAction = script()

    def by_name(document: Any) -> None:
        document.Root.Names = dictionary(
            JavaScript=dictionary(Names=array([pikepdf.String("a"), document.make_indirect(script())]))
        )

    def on_page(document: Any) -> None:
        document.pages[0].obj.AA = dictionary(O=script())

    def in_note(document: Any) -> None:
        note = dictionary(Type=name.Annot, Subtype=name.Link, Rect=array([0, 0, 1, 1]), A=script())
        document.pages[0].obj.Annots = array([note])

    def launches(document: Any) -> None:
        document.Root.OpenAction = dictionary(S=name.Launch, F=pikepdf.String("cmd.exe"))

    def form(document: Any) -> None:
        document.Root.AcroForm = dictionary(XFA=pikepdf.String("<xdp/>"), Fields=array([]))

    def attached(document: Any) -> None:
        document.attachments["charge.exe"] = b"MZ"

    def media(document: Any) -> None:
        document.pages[0].obj.Annots = array(
            [dictionary(Type=name.Annot, Subtype=name("/RichMedia"), Rect=array([0, 0, 1, 1]))]
        )

    for change in (on_open, by_name, on_page, in_note, launches, form, attached, media):
        for packed in (True, False):
            mode = pikepdf.ObjectStreamMode.generate if packed else pikepdf.ObjectStreamMode.disable
            yield "program", f"{change.__name__}.pdf", pdf(change, object_stream_mode=mode)
    for revision in (3, 4, 6):
        yield (
            "protected",
            "clef.pdf",
            pdf(
                encryption=pikepdf.Encryption(
                    owner="o", user="u", R=revision, **({} if revision > 3 else {"aes": False, "metadata": False})
                )
            ),
        )
    for entry in (
        "word__vbaProject.bin",
        "word__embeddings__a.zip",
        "word__a.exe",
        "word__media__b.js",
        "..__..__etc__cron.d",
        "__tmp__x",
    ):
        yield "program", "note.docx", docx(**{entry: b"a"})
    for entry in ("Basic__Standard__Module1.xml", "Scripts__python__a.py", "a.jar", "Pictures__..__..__x"):
        yield "program", "note.odt", odt(**{entry: b"a"})
    yield (
        "program",
        "classeur.xlsm",
        zipped({"[Content_Types].xml": TYPES, "xl/workbook.xml": b"<w/>", "xl/vbaProject.bin": b"a"}),
    )
    marked = bytearray(docx())
    for at in (marked.index(b"PK\x03\x04") + 6, marked.index(b"PK\x01\x02") + 8):
        marked[at] |= 1
    yield "protected", "chiffre.docx", bytes(marked)
    yield "protected", "chiffre.docx", zipped({"EncryptionInfo": b"a", "EncryptedPackage": b"b"})
    link = zipfile.ZipInfo("word/lien")
    link.external_attr = 0o120777 << 16
    out = io.BytesIO(docx())
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    yield "program", "lien.docx", out.getvalue()


def bad(seed: int = 26) -> list[Bad]:
    """Every file to refuse, always the same for a seed."""
    rng = random.Random(seed)
    made: list[Bad] = [("empty", "vide.pdf", b""), ("empty", "vide", b"")]
    for name, content, count in (
        ("coupe.pdf", pdf(), 40), ("coupe.png", image("PNG"), 30), ("coupe.jpg", image("JPEG"), 30), ("coupe.webp", image("WEBP"), 20),
        ("coupe.docx", docx(), 40), ("coupe.odt", odt(), 30),
    ):  # fmt: skip
        made.extend(_cut(name, content, count))
    made.extend(_noise(rng))
    made.extend(_flipped(rng))
    made.extend(_wrong())
    made.extend(_bombs())
    made.extend(_two_faced(rng))
    made.extend(_hiding())
    made.extend(
        ("name", name, rng.choice((b"", b"MZ\x90\x00", b"%PDF-1.4 coupe", b"<html>")))
        for name in NAMES
        for _ in range(2)
    )
    return made
