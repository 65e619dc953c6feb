"""The Flask application: a chat page and a JSON API over `qa.service.QA`."""

import hashlib
import logging
import re
import uuid
from pathlib import Path

from flask import Response, current_app, g, request
from flask_compress import Compress
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI

from qa.config import Config
from qa.service import QA
from web import problems
from web.api import api, health
from web.current import bind
from web.openapi import complete
from web.overview import browse
from web.pages import pages
from web.schemas import Problem

__all__ = ["create_app"]

MAX_BODY_BYTES = 256 * 1024
"""Room for a long conversation; a larger request is refused before it is read."""
_STATIC = Path(__file__).parent / "static"
_log = logging.getLogger(__name__)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src {styles}; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def create_app(qa: QA, config: Config) -> OpenAPI:
    """Make the WSGI application.

    Args:
        qa: the opened service; all threads share it.
        config: its title and its `server` limits are used.
    """
    app = OpenAPI(
        __name__,
        info=Info(
            title=f"{config.title}: API",
            version="1",
            description="Answers quoted word for word from the articles, or the word that they do not say.",
        ),
        doc_ui=False,  # pages.py serves /docs, which this would do from elsewhere and with inline scripts
        validation_error_callback=problems.reject,
        validation_error_model=Problem,
        validation_error_status=500,  # every operation has such a response, so that none is added
        static_url_path=f"/static/{_static_digest()}",
    )
    app.url_map.merge_slashes = False  # it would redirect to whatever the Host header names
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["COMPRESS_ALGORITHM"] = ["br", "gzip"]
    app.config["COMPRESS_BR_LEVEL"] = 6  # a tenth smaller than by default, and still a millisecond or two
    Compress(app)
    bind(app, qa, config)
    problems.register(app)
    _log.debug("Suggested: %s", qa.suggestions)  # found now, not while the first visitor waits
    app.before_request(_identify)
    app.after_request(_finish)
    app.register_api(api)
    app.register_api(health)
    app.register_blueprint(pages)
    app.register_blueprint(browse)
    complete(app.api_doc, config.server)
    return app


def _static_digest() -> str:
    """Stands in the address of every static file, so that browsers may keep them for good.

    It is a folder, not a query, because modules import each other by relative address.
    """
    files = sorted(path for path in _STATIC.rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def _identify() -> None:
    """Give the request the id that its log lines and its response carry: the caller's, if it is a sane one.

    No part of a file is ever sent: Flask-Compress would compress the part, which no client could put together again.
    """
    request.environ.pop("HTTP_RANGE", None)
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def _finish(response: Response) -> Response:
    """Put the headers on that every response carries."""
    if response.direct_passthrough:  # a file: Flask-Compress would leave it open
        response.direct_passthrough = False
        response.make_sequence()
    docs = request.endpoint == "pages.docs"
    styles = "'self' 'unsafe-inline'" if docs else g.get("styles", "'self'")  # RapiDoc styles its elements inline
    response.headers["X-Request-Id"] = g.request_id
    response.headers["Content-Security-Policy"] = _CONTENT_SECURITY_POLICY.format(styles=styles)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    if request.endpoint == "static" and response.status_code < 400 and not current_app.debug:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    elif "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response
