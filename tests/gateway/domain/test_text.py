"""How texts compare."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.domain.text import comparable


@given(st.text())
@example("ͅ")  # folding this undoes normalisation
@example("ΐ")
@example("İ")
@example("ﷺ")
def test_comparing_is_a_fixed_point(text: str) -> None:
    """The comparable form of a comparable form is itself."""
    assert comparable(comparable(text)) == comparable(text)


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_ascii_takes_no_other_way(text: str) -> None:
    """The short way for ASCII gives what the long one would."""
    marker = "é"
    assert comparable(text + marker) == comparable(text) + marker


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Straße", "STRASSE"),
        ("ﬁne", "FINE"),
        ("Ａｌｉｃｅ", "alice"),
        ("a\t \u00a0b", "A B"),
        ("e\u0301", "É"),
        ("ΣΑΣ", "σας"),
        ("\u212b", "å"),
    ],
)
def test_spellings_of_the_same_text_are_equal(left: str, right: str) -> None:
    """Case, compatibility forms, composition and runs of blanks make no difference."""
    assert comparable(left) == comparable(right)


@pytest.mark.parametrize(
    ("left", "right"), [("a", "ä"), ("ab", "a b"), ("i", "ı"), ("", " "), ("a", "a\0")]
)
def test_different_texts_stay_different(left: str, right: str) -> None:
    """Accents, blanks against none, the dotless i and NUL do make a difference."""
    assert comparable(left) != comparable(right)
