"""What a file sent by somebody really is, and whether it may be kept. Pure: the file's content alone is looked at.

Its name and announced type prove nothing: the kind comes from the first bytes, then the file is opened as a reader of
that kind would. Photos are decoded and written anew, which drops hidden data. PDFs must open without a password, carry
no program and hide no other file. Office documents are archives: their entries are counted and bounded before they are
read. A refusal is a code of `unfit.SENTENCES`.

Run as a program (`python -m intervalle.inspection FILE COPY`) it works under limits of memory and time that it sets
itself, so that a file made to exhaust its reader exhausts that process only.
"""

import io
import json
import stat
import sys
import zipfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pikepdf
    from PIL import Image

POINTS = 60_000_000  # of an image, before it is decoded
EDGE = 2400  # points of the copy's longer side: an A4 sheet at 200 dots per inch
PAGES = 500
OBJECTS = 300_000  # of a PDF
ENTRIES = 2000  # of an office document
UNPACKED = 150 * 1024 * 1024  # bytes of its entries together
RATIO = 150  # unpacked to packed, past a megabyte
MEMORY = 1024 * 1024 * 1024
SECONDS = 20

OFFICE = {
    "word/document.xml": ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xl/workbook.xml": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "ppt/presentation.xml": ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
}
OPEN_DOCUMENT = {
    f"application/vnd.oasis.opendocument.{kind}": extension
    for kind, extension in (("text", "odt"), ("spreadsheet", "ods"), ("presentation", "odp"))
}
IMAGES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
ARCHIVES = frozenset(
    {"application/x-rar-compressed", "application/vnd.rar", "application/x-7z-compressed", "application/x-gzip", "application/gzip",
     "application/x-bzip2", "application/x-xz", "application/x-tar"}
)  # fmt: skip
INNER_ARCHIVES = (".zip", ".rar", ".7z", ".gz", ".exe", ".dll", ".js", ".vbs", ".bat", ".cmd", ".jar", ".lnk", ".scr")
PROGRAM_KEYS = ("/JS", "/XFA")
PROGRAM_ACTIONS = frozenset({"/JavaScript", "/Launch", "/ImportData", "/Rendition"})


class Unfit(Exception):
    """The file is refused; `code` says why (see `intervalle.unfit`)."""

    def __init__(self, code: str, **values: str | int) -> None:
        super().__init__(code)
        self.code, self.values = code, values


@dataclass(frozen=True, slots=True)
class Found:
    """What the file is. `rewritten`: the copy differs from what was sent (photos)."""

    extension: str
    content_type: str
    rewritten: bool = False
    pages: int | None = None


def inspect(path: Path, copy: Path) -> Found:
    """Look at a file; a photo's clean copy is written to `copy`. Raises Unfit."""
    with path.open("rb") as opened:
        head = opened.read(4096)
    if not head:
        raise Unfit("empty")
    kinds = _kinds(head)
    if "application/pdf" in kinds:
        return _pdf(path)
    for kind, name in IMAGES.items():
        if kind in kinds:
            copy.write_bytes(picture(path.read_bytes(), edge=EDGE, formats=(name,)))
            return Found("jpg", "image/jpeg", rewritten=True)
    if head.startswith(b"PK\x03\x04"):
        return _office(path)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unfit("old_office")
    raise Unfit("heic" if kinds & {"image/heif", "image/heic"} else "archive" if kinds & ARCHIVES else "unknown")


def _kinds(head: bytes) -> set[str]:
    """Types whose signature stands at the very start (a PDF that begins further on is something else too)."""
    import puremagic

    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return set()
    return {match.mime_type for match in found if match.offset in {0, 4, 8}}


def picture(
    content: bytes, *, edge: int, formats: tuple[str, ...] = ("JPEG", "PNG", "WEBP"), quality: int = 82
) -> bytes:
    """Decode, turn upright, shrink to `edge` points, write anew as JPEG without metadata. Raises Unfit."""
    from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

    ImageFile.LOAD_TRUNCATED_IMAGES = False  # the printer of PDFs asks for the contrary, once and for the whole process
    Image.MAX_IMAGE_PIXELS = None  # counted here, before anything is decoded
    try:
        with Image.open(io.BytesIO(content), formats=formats) as image:
            if image.width * image.height > POINTS:
                raise Unfit("too_many_points")
            image.draft("RGB", (edge * 2, edge * 2))
            upright = _on_white(ImageOps.exif_transpose(image))
            upright.thumbnail((edge, edge))
            out = io.BytesIO()
            upright.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
            return out.getvalue()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError) as error:
        raise Unfit("not_an_image") from error


def _on_white(image: "Image.Image") -> "Image.Image":
    """A transparent image as it looks on paper."""
    from PIL import Image

    if image.mode not in {"RGBA", "LA", "PA"} and "transparency" not in image.info:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    paper = Image.new("RGB", layer.size, "white")
    paper.paste(layer, mask=layer.getchannel("A"))
    return paper


def _pdf(path: Path) -> Found:
    import pikepdf

    _nothing_behind(path)
    try:
        with pikepdf.open(path) as document:
            pages = len(document.pages)
            if len(document.objects) > OBJECTS:
                raise Unfit("bomb")
            for thing in document.objects:
                _no_program(thing)
            _no_program(document.Root)
    except pikepdf.PasswordError as error:
        raise Unfit("protected") from error
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, IndexError, RuntimeError) as error:
        raise Unfit("damaged") from error
    if not pages:
        raise Unfit("damaged")
    if pages > PAGES:
        raise Unfit("too_many_pages", pages=pages, limit=PAGES)
    return Found("pdf", "application/pdf", pages=pages)


def _nothing_behind(path: Path) -> None:
    """A PDF ends with its end mark: cut short it is damaged, and what follows would be another file."""
    content = path.read_bytes()
    end = content.rfind(b"%%EOF")
    if end < 0:
        raise Unfit("damaged")
    if len(content[end + 5 :].strip(b"\x00\r\n\t \x1a")) > 64 or zipfile.is_zipfile(path):
        raise Unfit("hidden")


def _no_program(thing: "pikepdf.Object") -> None:
    import pikepdf

    if not isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        return
    held = thing.stream_dict if isinstance(thing, pikepdf.Stream) else thing
    _look_in(held, depth=0)


def _look_in(held: "pikepdf.Object", depth: int) -> None:
    """One dictionary and those written inside it; what it points at is an object of its own, looked at in turn."""
    import pikepdf

    keys = set(held.keys())
    if (
        keys & set(PROGRAM_KEYS)
        or str(held.get("/S", "")) in PROGRAM_ACTIONS
        or str(held.get("/Subtype", "")) == "/RichMedia"
    ):
        raise Unfit("program")
    if "/EF" in keys or str(held.get("/Type", "")) == "/EmbeddedFile":
        raise Unfit("hidden")
    if depth >= 20:
        return
    for key in keys:
        inside = held.get(key)
        for one in inside if isinstance(inside, pikepdf.Array) else (inside,):
            if isinstance(one, pikepdf.Dictionary) and not one.is_indirect:
                _look_in(one, depth + 1)


def _office(path: Path) -> Found:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            kind = _office_kind(archive, entries)
            _bounded(entries)
            names = [entry.filename.lower() for entry in entries]
            if any(_is_program(name) for name in names):
                raise Unfit("program")
            if any(name.endswith(INNER_ARCHIVES) for name in names):
                raise Unfit("hidden")
            for entry in entries:
                _read_through(archive, entry)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError, KeyError) as error:
        raise Unfit("damaged") from error
    except Exception as error:  # zlib.error, lzma.LZMAError: each decompressor has its own
        if isinstance(error, Unfit):
            raise
        raise Unfit("damaged") from error
    return Found(*kind)


def _office_kind(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> tuple[str, str]:
    names = {entry.filename for entry in entries}
    if "[Content_Types].xml" in names:
        for part, kind in OFFICE.items():
            if part in names:
                return kind
    if entries and entries[0].filename == "mimetype" and entries[0].file_size < 100:
        declared = archive.read(entries[0]).decode("ascii", "replace").strip()
        if declared in OPEN_DOCUMENT and "content.xml" in names:
            return OPEN_DOCUMENT[declared], declared
    if {"EncryptedPackage", "EncryptionInfo"} & names:
        raise Unfit("protected")
    raise Unfit("archive")


def _bounded(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse what would not fit, or would land elsewhere, before a single entry is unpacked."""
    if len(entries) > ENTRIES:
        raise Unfit("bomb")
    unpacked, packed = sum(e.file_size for e in entries), sum(e.compress_size for e in entries)
    if unpacked > UNPACKED or (unpacked > 1_048_576 and unpacked > RATIO * max(packed, 1)):
        raise Unfit("bomb")
    if len({entry.filename for entry in entries}) != len(entries):
        raise Unfit("hidden")
    for entry in entries:
        where = PurePosixPath(entry.filename.replace("\\", "/"))
        if where.is_absolute() or ".." in where.parts or stat.S_ISLNK(entry.external_attr >> 16):
            raise Unfit("hidden")
        if entry.flag_bits & 1:
            raise Unfit("protected")


def _is_program(name: str) -> bool:
    return name.endswith(("vbaproject.bin", "macrosheets")) or name.startswith(
        ("basic/", "scripts/", "xl/macrosheets/")
    )


def _read_through(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Unpack an entry to nowhere: its size and checksum must hold. XML that defines entities can grow without end."""
    with archive.open(entry) as opened:
        first = opened.read(2048)
        if b"<!ENTITY" in first:
            raise Unfit("bomb")
        while opened.read(1 << 20):
            pass


def _limits() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(arguments: Iterable[str]) -> None:
    """Write what was found, or the code of the refusal, as JSON."""
    path, copy = (Path(one) for one in arguments)
    _limits()
    try:
        said = {"found": asdict(inspect(path, copy))}
    except Unfit as unfit:
        said = {"unfit": {"code": unfit.code, "values": unfit.values}}
    except (MemoryError, RecursionError):
        said = {"unfit": {"code": "bomb", "values": {}}}
    print(json.dumps(said))


if __name__ == "__main__":
    main(sys.argv[1:])
