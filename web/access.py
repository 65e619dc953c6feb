"""Who may use the service, from which pages, and how often."""

import hashlib
import hmac
import ipaddress
import time

from flask import Flask, Response, g, request
from flask_limiter import Limiter, RateLimitExceeded
from limits.errors import ConfigurationError
from werkzeug.datastructures import HeaderSet, WWWAuthenticate
from werkzeug.exceptions import TooManyRequests, Unauthorized
from werkzeug.middleware.proxy_fix import ProxyFix

from qa.config import Server
from qa.errors import ConfigError

_OPEN = ("static", "health.healthz", "health.readyz")
"""What needs no key: it says nothing about the articles, and what watches over the service has none."""
_LIMITED = ("api.ask", "api.feedback")
_REDIS_TIMEOUT_S = 1
_CHALLENGES = [
    WWWAuthenticate("bearer", {"realm": "Ask the articles"}),
    WWWAuthenticate("basic", {"realm": "Ask the articles", "charset": "UTF-8"}),
]
"""A browser asks for a user's name, which does not matter, and a password, which is the key."""


def guard(app: Flask, server: Server) -> None:
    """Let an application be used as `server` says.

    Raises:
        ConfigError: what counts the requests cannot be used.
    """
    if server.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=server.proxies, x_proto=server.proxies, x_host=0
        )
    rate = _Rate(app, server) if server.requests_per_minute else None

    def admit() -> None:
        g.client = _address()
        if server.api_keys and request.endpoint not in _OPEN and not _is_preflight():
            _check_key(server.api_keys, rate)
        if rate and request.method == "POST" and request.endpoint in _LIMITED:
            rate.count()

    app.before_request(admit)
    if server.cors_origins:
        app.after_request(lambda response: _share(response, server.cors_origins))


class _Rate:
    """Counts requests by client, and turns away who sends too many in a minute."""

    def __init__(self, app: Flask, server: Server) -> None:
        redis = server.rate_storage != "memory"
        timeouts = ("socket_timeout", "socket_connect_timeout") if redis else ()
        try:
            self._limiter = Limiter(
                key_func=lambda: g.client,
                app=app,
                storage_uri=server.rate_storage if redis else "memory://",
                storage_options=dict.fromkeys(timeouts, _REDIS_TIMEOUT_S),
                strategy="moving-window",
                in_memory_fallback_enabled=redis,  # better counted by each process than not answered
            )
        except ConfigurationError as error:
            raise ConfigError(
                "server.rate_storage needs a package: `pip install redis`, or set it to `memory`."
            ) from error
        except ValueError as error:  # the message may repeat a password
            raise ConfigError("server.rate_storage is no address of Redis that can be used.") from error
        self._limit = self._limiter.shared_limit(f"{server.requests_per_minute}/minute", scope="questions")
        self._refusal = f"A client may send {server.requests_per_minute} requests in a minute. Wait a little."

    def count(self) -> None:
        """Count this request.

        Raises:
            TooManyRequests: it is one too many.
        """
        try:
            with self._limit:
                pass
        except RateLimitExceeded as error:
            limit = self._limiter.current_limit
            wait_s = limit.reset_at - int(time.time()) if limit else 1
            raise TooManyRequests(self._refusal, retry_after=max(1, wait_s)) from error


def _check_key(digests: tuple[str, ...], rate: _Rate | None) -> None:
    """Tell whose request it is by the key that it carries.

    Raises:
        Unauthorized: it carries none that is known. Trying many counts as sending many requests.
    """
    given = request.authorization
    key = {"bearer": given.token, "basic": given.password}.get(given.type) or "" if given else ""
    digest = hashlib.sha256(key.encode()).hexdigest()
    if True in [hmac.compare_digest(digest, known) for known in digests]:  # all of them: it takes the same time
        g.client = digest
        return
    if key and rate:
        rate.count()
    raise Unauthorized(
        "This service wants a key: send it as `Authorization: Bearer KEY`, or in a browser as the password.",
        www_authenticate=_CHALLENGES,
    )


def _address() -> str:
    """Where a request comes from; of IPv6 the network, since whoever has one address there has 2^64."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:  # some proxies tell the port, too: all of their clients count as one
        return "unknown"
    address = getattr(address, "ipv4_mapped", None) or address  # IPv4 where we listen on IPv6
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else str(address)


def _is_preflight() -> bool:
    """Whether a browser asks, without a key, what a page of another origin may send."""
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers


def _share(response: Response, origins: tuple[str, ...]) -> Response:
    """Let pages of these origins use the API (https://fetch.spec.whatwg.org/#http-cors-protocol); no others."""
    if request.path.startswith("/api/"):
        response.vary.add("Origin")
        if (origin := request.headers.get("Origin")) in origins:
            response.access_control_allow_origin = origin
            response.access_control_expose_headers = HeaderSet(["Retry-After", "X-Request-Id"])
            if _is_preflight():
                response.access_control_allow_methods = HeaderSet(["GET", "POST"])
                response.access_control_allow_headers = HeaderSet(["Authorization", "Content-Type", "X-Request-Id"])
                response.access_control_max_age = 600
    return response
