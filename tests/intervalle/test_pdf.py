"""Documents carry the product's own type, and remain tagged."""

import io

import pikepdf

from intervalle.pdf import render_pdf

HTML = """<!doctype html><html lang="fr"><head><title>Essai</title><style>
body { font: 11pt "Atkinson Hyperlegible Next", "DejaVu Sans" } h1 { font-family: "Bricolage Grotesque" }</style></head>
<body><h1>Décision</h1><p>Motif, <b>voies</b> et <i>délais</i>.</p></body></html>"""


async def test_the_pages_own_families_are_embedded() -> None:
    with pikepdf.open(io.BytesIO(await render_pdf(HTML))) as pdf:
        fonts = {
            str(font.BaseFont).partition("+")[2]
            for page in pdf.pages
            for font in page.Resources.Font.values()  # type: ignore[union-attr]
        }
        assert bool(pdf.Root.MarkInfo.Marked)
    assert fonts == {
        "Bricolage-Grotesque-Bold", "Atkinson-Hyperlegible-Next", "Atkinson-Hyperlegible-Next-Bold",
        "Atkinson-Hyperlegible-Next-Italic",
    }  # fmt: skip
