"""Texts of mails: each template is a subject, a text and an HTML page.

Files are `<name>.subject`, `<name>.txt`, `<name>.html`; those in an operator's own folder
stand before the shipped ones, one by one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, select_autoescape

NAMES = ("welcome", "reset")
VALUES = ("name", "tenant", "link", "expires")
_SHIPPED = Path(__file__).parent / "texts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A mail's content; the subject is one line."""

    subject: str
    text: str
    html: str


class Templates:
    """Renders mails. In HTML every value is escaped; a value that is not given is an error."""

    def __init__(self, own: Path | None = None) -> None:
        folders = [own, _SHIPPED] if own else [_SHIPPED]
        self._environment = Environment(
            loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def check(self) -> None:
        """Render every template once, so that a broken one is found at the start.

        Raises:
            jinja2.TemplateError: one wants what it is not given, or is no template.
        """
        for name in NAMES:
            self.render(name, {value: value for value in VALUES})

    def render(self, name: str, values: Mapping[str, str]) -> Rendered:
        """The mail of that name.

        Raises:
            jinja2.TemplateError: there is no such template, or it wants other values.
        """

        def part(suffix: str) -> str:
            return self._environment.get_template(f"{name}.{suffix}").render(values)

        return Rendered(
            subject=" ".join(part("subject").split()), text=part("txt"), html=part("html")
        )
