"""Text searches, told from the rest of a question: what is searched is folded once, and kept.

All that a search looks into is one text for each resource. Whoever has kept these texts answers
every longer search by going through them, and reads no document again.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Final

from gateway.domain.model import Resource
from gateway.domain.predicate import values_of
from gateway.domain.query import And, Compare, Or
from gateway.domain.text import comparable, has_single_blanks, without_case
from gateway.mirror.canonical import Canonical, conjunction

_BETWEEN: Final = "\n"
"""Stands in no text in the form in which texts are compared."""


@dataclass(frozen=True, slots=True)
class Search:
    """A question that is a text search, and maybe more.

    `text` is what is looked for in `fields`, in any of them, as `comparable` has it; `rest` is
    what else is asked.
    """

    text: str
    fields: tuple[str, ...]
    rest: Canonical = field(compare=False)

    def narrows(self, other: "Search") -> bool:
        """Whether it asks for the same, but for a longer text: in what the other has found."""
        return (
            other.text in self.text
            and self.fields == other.fields
            and self.rest.text == other.rest.text
        )


def search_in(form: Canonical, searched: Collection[str]) -> Search | None:
    """The text search in a question about these fields, if there is one."""
    terms = form.terms if isinstance(form.filter, And) else (form,)
    for term in terms:
        text = _searched_text(term, searched)
        if text:  # each field contains the empty text; having none of them does not
            rest = conjunction(other for other in terms if other is not term)
            return Search(text, tuple(sorted(searched)), rest)
    return None


def _searched_text(form: Canonical, searched: Collection[str]) -> str | None:
    """What a form looks for in all of these fields, and in no others."""
    leaves = form.terms if isinstance(form.filter, Or) else (form,)
    found: set[tuple[str, str]] = set()
    for leaf in leaves:
        match leaf.filter:
            case Compare(name, "co", str(text)) if "." not in name:
                found.add((name, text))
            case _:
                return None
    (_, text), *_ = found or {("", "")}
    return text if found == {(name, text) for name in searched} else None


def texts_of(fields: Collection[str]) -> Callable[[Sequence[Resource]], list[str]]:
    """Makes the one text of some fields for each of some resources.

    What `comparable` gives is in it exactly if it is in one of the fields' texts.
    """
    names = tuple(fields)
    if not names:
        return lambda items: [""] * len(items)
    get: Callable[[Any], Any] = attrgetter(*names)
    values = get if len(names) > 1 else lambda item: (get(item),)

    def texts(items: Sequence[Resource]) -> list[str]:
        written = [tuple(filter(None, values(item))) for item in items]
        try:
            folded = [without_case(_BETWEEN.join(some)) for some in written]
        except TypeError:  # some have several values
            return [_each(item, names) for item in items]
        # Most are plain, and then all of them can be seen to be so at once.
        if _are_plain("".join(folded), written):
            return folded
        return [
            text if _are_plain(text, (some,)) else _BETWEEN.join(map(comparable, some))
            for text, some in zip(folded, written, strict=True)
        ]

    return texts


def _are_plain(folded: str, written: Sequence[Sequence[str]]) -> bool:
    """Whether texts that were joined first, and then folded, are as each is compared."""
    between = sum(map(len, written)) - len(written) + written.count(())
    return folded.count(_BETWEEN) == between and has_single_blanks(folded.replace(_BETWEEN, ""))


def _each(item: Resource, names: Iterable[str]) -> str:
    texts = (one for name in names for one in values_of(item, name) if isinstance(one, str))
    return _BETWEEN.join(map(comparable, texts))
