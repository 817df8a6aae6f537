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
    if text.isascii():
        folded = text.lower()
    else:
        folded = unicodedata.normalize("NFKC", text).casefold()
        folded = unicodedata.normalize("NFKC", folded)
    # Among what can be printed, a space is the only blank.
    if "  " not in folded and folded.isprintable():
        return folded
    return _BLANKS.sub(" ", folded)
