"""The built web application, from files.

In: any path that is no API. Out: the file, or `index.html` for a path that the application routes itself. Must not leave the folder.
Invariant: files with a hash in their name may be kept for ever, `index.html` never. Built by `make web`.
"""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from callcenter.api.problems import not_found
from callcenter.api.routing import PUBLIC, route

STATIC: web.AppKey[Path] = web.AppKey("static", Path)
FOLDER = Path(__file__).parent / "static"
FOR_EVER = "public, max-age=31536000, immutable"
NOT_BUILT = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Not built</title></head><body style="font:16px system-ui">
<h1>The web application is not built yet</h1><p>Run <code>make web</code> in the checkout, then load this page again. The API is running:
<a href="/api/docs">its description</a>.</p></body></html>"""


@route("GET", "/{path:.*}", right=PUBLIC)
async def web_file(request: web.Request) -> web.StreamResponse:
    """A file of the web application."""
    path = request.match_info["path"]
    if path == "api" or path.startswith("api/"):
        raise not_found("route")
    root = request.app[STATIC]
    file = _inside(root, path)
    if file is not None:
        return web.FileResponse(file, headers={"Cache-Control": FOR_EVER if path.startswith("assets/") else "no-cache"})
    if path.startswith("assets/") or Path(path).suffix:
        raise not_found("file")
    index = root / "index.html"
    if not index.is_file():
        return web.Response(text=NOT_BUILT, content_type="text/html", status=503)
    return web.FileResponse(index, headers={"Cache-Control": "no-cache"})


def _inside(root: Path, path: str) -> Path | None:
    """The file below `root`, None when there is none or `path` leads elsewhere."""
    if "\0" in path or not path:
        return None
    file = (root / path).resolve()
    return file if file.is_relative_to(root.resolve()) and file.is_file() else None
