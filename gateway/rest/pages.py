"""The few pages that people see: no script, no foreign content, nothing kept."""

import base64
from collections.abc import Mapping
from functools import cache
from hashlib import sha256

from jinja2 import Environment, StrictUndefined, Template
from starlette.responses import HTMLResponse, Response

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem}"
    "label,input,button{display:block;width:100%;box-sizing:border-box;font:inherit}"
    "input{margin:.2rem 0 1rem;padding:.5rem}button{padding:.6rem}.wrong{color:#a40000}"
)
_FRAME = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><title>{{ title }}</title><style>{{ style }}</style></head>
<body><h1>{{ title }}</h1>
%s
</body>
</html>
"""
_BODIES = {
    "form": """<p>{{ link.tenant_name }}, account {{ link.email }}</p>
{% for reason in reasons %}<p class="wrong" role="alert">{{ reason }}</p>
{% endfor %}<form method="post" autocomplete="off">
<label>New password
<input type="password" name="new_password" required autocomplete="new-password"></label>
<label>The same again
<input type="password" name="repeated" required autocomplete="new-password"></label>
<button>Set the password</button>
</form>
<p>This link can be used until {{ link.expires_at.strftime("%Y-%m-%d %H:%M") }} UTC.</p>""",
    "done": """<p>Your password is set.</p>
{% if redirect_uri %}<p><a href="{{ redirect_uri }}" rel="noreferrer">Continue</a></p>
{% endif %}""",
    "refusal": "<p>{{ detail }}</p>",
}
_TITLES = {
    "form": "Choose a password",
    "done": "Done",
    "refusal": "This does not work",
}


@cache
def _template(name: str) -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    return environment.from_string(_FRAME % _BODIES[name])


@cache
def _policy() -> str:
    """Content Security Policy (CSP level 2): this style, this site's form, and nothing else."""
    digest = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


def page(
    name: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: object
) -> Response:
    """One of the pages, filled in; every value is escaped."""
    html = _template(name).render(
        {"title": _TITLES[name], "style": _STYLE, "reasons": (), **values}
    )
    return HTMLResponse(
        html,
        status_code=status,
        headers={
            **(headers or {}),
            "Content-Security-Policy": _policy(),
            "Cache-Control": "no-store",
        },
    )
