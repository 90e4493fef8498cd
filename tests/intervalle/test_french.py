"""French typography: a line never begins with « : », nor ends with an opening guillemet."""

from hypothesis import given
from hypothesis import strategies as st

from intervalle.french import LOOSE, NO_BREAK, bound, tied


def test_the_spaces_of_the_text_do_not_break_there() -> None:
    page = '<p title="un : deux">Motif : « oui » ? <b>Non</b> ; fin !</p>'
    assert bound(page) == (
        '<p title="un : deux">Motif\u00a0: «\u00a0oui\u00a0»\u00a0? <b>Non</b>\u00a0; fin\u00a0!</p>'
    )


def test_a_message_in_plain_text_is_tied_too() -> None:
    assert (
        tied("Réponse : « oui » ; http://lieu:80/a ?")
        == "Réponse\u00a0: «\u00a0oui\u00a0»\u00a0; http://lieu:80/a\u00a0?"
    )


def test_what_is_typed_or_read_by_a_machine_stays_as_it_is() -> None:
    for kept in (
        "<textarea>a : b</textarea>",
        "<script>a ? b : c</script>",
        '<input value="a : b">',
        "<pre>a : b</pre>",
    ):
        assert bound(f"<p>{kept}</p>") == f"<p>{kept}</p>"


@given(
    st.lists(
        st.sampled_from(["<p>", "</p>", '<a title="x : y">', "mot", *LOOSE, " ", "12", "<textarea>", "</textarea>"])
    )
)
def test_nothing_but_spaces_changes(pieces: list[str]) -> None:
    html = "".join(pieces)
    assert bound(html).replace(NO_BREAK, " ") == html
    assert bound(bound(html)) == bound(html)
