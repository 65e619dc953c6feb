"""The Flask application: a chat page and a JSON API over `qa.service.QA`."""

import hashlib
from pathlib import Path

from flask import Response, current_app, g, request
from flask_compress import Compress
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI

from qa.config import Config
from qa.service import QA, find_suggestions
from web import problems, watch
from web.access import guard
from web.api import api, health
from web.current import Fixed, Newest, bind, metrics_of
from web.docs import docs
from web.headers import HEADERS, OVER_TLS, PAGE_POLICY, PERMISSIONS
from web.lasting import Compressed, compressed_as
from web.openapi import complete
from web.overview import browse
from web.pages import pages
from web.schemas import Problem

__all__ = ["create_app"]

MAX_BODY_BYTES = 256 * 1024
"""Room for a long conversation; a larger request is refused before it is read."""
_STATIC = Path(__file__).parent / "static"


def create_app(qa: QA | Newest, config: Config) -> OpenAPI:
    """Make the WSGI application.

    Args:
        qa: the opened service, which all threads share; or what gives the newest one, for each request.
        config: its title and its `server` limits are used.
    """
    app = OpenAPI(
        __name__,
        info=Info(
            title=f"{config.title}: API",
            version="1",
            description="Answers quoted word for word from the articles, or the word that they do not say.",
        ),
        doc_ui=False,  # docs.py serves /docs, which this would do with scripts and styles of others
        validation_error_callback=problems.reject,
        validation_error_model=Problem,
        validation_error_status=500,  # every operation has such a response, so that none is added
        static_url_path=f"/static/{_static_digest()}",
    )
    app.url_map.merge_slashes = False  # it would redirect to whatever the Host header names
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["COMPRESS_ALGORITHM"] = ["br", "gzip"]
    app.config["COMPRESS_BR_LEVEL"] = 6  # a tenth smaller than by default, and still a millisecond or two
    app.config["COMPRESS_CACHE_BACKEND"] = Compressed
    app.config["COMPRESS_CACHE_KEY"] = compressed_as
    Compress(app)
    bind(app, Fixed(qa) if isinstance(qa, QA) else qa, config)
    problems.register(app)
    if isinstance(qa, QA):
        find_suggestions(qa)
    app.before_request(_identify)
    app.after_request(_finish)
    app.wsgi_app = watch.Watch(app.wsgi_app, metrics_of(app).finished, config.logging.questions)  # type: ignore[method-assign]
    guard(app, config.server)
    app.register_api(api)
    app.register_api(health)
    app.register_blueprint(pages)
    app.register_blueprint(browse)
    app.register_blueprint(docs)
    complete(app.api_doc, config.server)
    return app


def _static_digest() -> str:
    """Stands in the address of every static file, so that browsers may keep them for good.

    It is a folder, not a query, because modules import each other by relative address.
    """
    files = sorted(path for path in _STATIC.rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def _identify() -> None:
    """Note what the request asks for.

    No part of a file is ever sent: Flask-Compress would compress the part, which no client could put together again.
    """
    request.environ.pop("HTTP_RANGE", None)
    watch.note_route()
    g.request_id = watch.seen().id


def _finish(response: Response) -> Response:
    """Put the headers on that every response carries."""
    if response.direct_passthrough:  # a file: Flask-Compress would leave it open
        response.direct_passthrough = False
        response.make_sequence()
    response.headers["X-Request-Id"] = g.request_id
    response.headers.update(HEADERS)
    if response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] = PAGE_POLICY.format(styles=g.get("styles", "'self'"))
        response.headers["Permissions-Policy"] = PERMISSIONS
    if request.is_secure:
        response.headers.update(OVER_TLS)
    if request.endpoint == "static" and response.status_code < 400 and not current_app.debug:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    elif "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response
