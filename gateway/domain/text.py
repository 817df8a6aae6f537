"""How text is compared, everywhere: sorting, searching, mirrored views.

One function, so that a page, a total and a cached view never disagree about two spellings.
"""

import re
import unicodedata

_BLANKS = re.compile(r"\s+")


def comparable(text: str) -> str:
    """The form in which texts are compared: NFKC, case-folded, runs of blanks as one.

    Folding can undo normalisation, so it is normalised again (Unicode 3.13, toNFKC_Casefold);
    the result is a fixed point: `comparable(comparable(t)) == comparable(t)`.
    """
    folded = without_case(text)
    return folded if has_single_blanks(folded) else _BLANKS.sub(" ", folded)


def without_case(text: str) -> str:
    """The text with all but its blanks as they are compared."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded)


def has_single_blanks(text: str) -> bool:
    """Whether all blanks of a text are as they are compared; False where it has to be looked."""
    # Among what can be printed, a space is the only blank.
    return "  " not in text and text.isprintable()
