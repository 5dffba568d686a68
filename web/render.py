"""Pages as text. What the server gives and how it serves it:

    renderer = Renderer(demo=…)                             once per process; the demo says so on every page
    html = renderer.page("live.html", user=…, …)            every name below is required, no other is used
    headers = renderer.headers                              of every HTML answer (CSP, no-store, content-type …)
    asset = renderer.assets.find(path)                      `GET /static/{path:path}`, no session; None is 404
    body, headers = asset.answer(request.headers.get("accept-encoding", ""))

login.html    `GET /login` (200) and a failed `POST /login` (401, 429):
              csrf, error (a sentence or None), email (as typed, or ""), next (path to go to after)
live.html     every live page: user, csrf, account, sandbox, boot, place (title, current, skip)
sandbox.html  `/sandbox`: the same but place
error.html    403, 404, 500 to a browser: user (or None), csrf (or ""), sandbox, status, title, detail,
              ref (request id or None)

`user` {id, name, role} · `account` {id, name} · `csrf` str: the token of `X-CSRF-Token` and of the forms ·
`sandbox` bool: the sandbox carrier is on · `boot` the JSON that the modules start from: {user, account, settings
{sms_public_minutes, opt_out_text}, sandbox, now (RFC 3339, the server's clock), conversation (id or null)}.

Forms: `POST /login` with `email`, `password`, `csrf`, `next`; `POST /logout` with `csrf`; both answer 303.
"""

from collections.abc import Mapping
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from web import filters
from web.assets import ROOM, Assets, assets_of_the_product, page_headers


class Renderer:
    """Renders the templates of this room; the module says what each needs."""

    def __init__(self, assets: Assets | None = None, *, demo: bool = False) -> None:
        self.assets: Final = assets or assets_of_the_product()
        self.headers: Final[Mapping[str, str]] = page_headers(self.assets)
        self._templates: Final = Environment(
            loader=FileSystemLoader(ROOM / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates.filters["initials"] = filters.initials
        self._templates.globals.update(
            static=self.assets.url,
            importmap=self.assets.importmap(),
            script_of=self.assets.script,
            preloads=self.assets.preloads,
            version=self.assets.version,
            demo=demo,
        )

    def page(self, template: str, **context: object) -> str:
        """A whole page; raises jinja2.UndefinedError when a name is missing."""
        return self._templates.get_template(template).render(context)
