"""The pages one person can reach by following links: nothing is typed in here, so a new page is found by itself."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urldefrag, urlsplit

# Files are not pages; signing out or changing language is not reading.
NOT_A_PAGE = re.compile(r"\.(pdf|csv|xlsx|ods|json|ics|svg|png|zip)$|/(fichiers|static|lettre|document|recu)(/|$)")


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and "download" not in given and (href := given.get("href")):
            self.found.append(href)


def links_in(html: str) -> list[str]:
    """Paths of this site's pages that the page links to, each once, in the order of the page."""
    reader = _Links()
    reader.feed(html)
    paths = [urldefrag(link)[0] for link in reader.found if link.startswith("/") and not link.startswith("//")]
    return [path for path in dict.fromkeys(paths) if path and not NOT_A_PAGE.search(urlsplit(path).path)]


def kind_of(path: str) -> str:
    """« /appels/3?x=1 » and « /appels/7 » are the same kind of page."""
    return re.sub(r"/\d+(?=/|$)", "/0", urlsplit(path).path)


async def pages_of(context: Any, url: str, *, depth: int, per_kind: int, skip: Callable[[str], bool]) -> list[str]:
    """Breadth first from the home page, GET only: at most `per_kind` pages of a kind, none that `skip` refuses."""
    seen: dict[str, int] = {}
    known, level, pages = {"/"}, ["/"], []
    for _ in range(depth + 1):
        following: list[str] = []
        for path in level:
            kind = kind_of(path)
            if seen.get(kind, 0) >= per_kind:
                continue
            answer = await context.request.get(url + path)
            assert answer.status in (200, 404, 403), f"{path}: {answer.status}"
            elsewhere = urlsplit(answer.url).path != urlsplit(path).path
            if answer.status != 200 or elsewhere or "text/html" not in answer.headers.get("content-type", ""):
                continue
            seen[kind] = seen.get(kind, 0) + 1
            if not skip(path):
                pages.append(path)
            new = [link for link in links_in(await answer.text()) if link not in known]
            known.update(new)
            following.extend(new)
        level = following
    return pages
