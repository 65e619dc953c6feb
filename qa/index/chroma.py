"""Chroma, inside this process or as a server: how to reach it, and what its errors mean."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast
from urllib.parse import quote, urlsplit

import chromadb
import httpx
from chromadb.api.client import AdminClient, Client
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings
from chromadb.errors import AuthorizationError, ChromaAuthError, ChromaError, NotFoundError

from qa.config import Chroma, Config
from qa.errors import IndexUnavailable

_CONNECTING_S = 5
"""After so many seconds a server that does not take a connection counts as down."""
_READING_S, _WRITING_S = 20, 60
"""So long a server may take for a search, and to write a few hundred vectors, which should take one or two seconds."""


@contextmanager
def connected(config: Config) -> Iterator[Client]:
    """A client for as long as the block runs. Raises what `connect` raises, and Chroma's errors as ours."""
    client = connect(config, writing=True)
    try:
        with chroma_errors(config):
            yield client
    finally:
        close(client)


def connect(config: Config, writing: bool = False) -> Client:
    """Open Chroma: the folder of this recipe, which is made if it is not there, or the server. To be closed.

    Args:
        config: names either.
        writing: a server is given the time that writing takes.

    Raises:
        IndexUnavailable: the folder cannot be read; the server cannot be reached or lacks the database.
    """
    with chroma_errors(config):
        if config.chroma.mode == "embedded":
            return _of_folder(config)
        timeout = httpx.Timeout(_WRITING_S if writing else _READING_S, connect=_CONNECTING_S)
        return _of_server(config.chroma, timeout)


def close(client: Client | AdminClient) -> None:
    """Let go of the files, or of the connections, which Chroma's own `close` leaves to the garbage collector."""
    for part in (client, getattr(client, "_admin_client", client)):
        if session := getattr(part._server, "_session", None):
            session.close()
    if isinstance(client, Client):
        client.close()


def create_database(config: Config) -> None:
    """Make the tenant and the database of the configuration on the server, where they are missing.

    Raises:
        IndexUnavailable: the server cannot be reached, or does not allow it.
    """
    chroma = config.chroma
    with chroma_errors(config):
        _say_hello(chroma, "heartbeat")
        admin = AdminClient(_settings(chroma))
        try:
            _create_what_is_missing(admin, chroma)
        finally:
            close(admin)


def _create_what_is_missing(admin: AdminClient, chroma: Chroma) -> None:
    try:
        admin.get_tenant(chroma.tenant)
    except NotFoundError:
        admin.create_tenant(chroma.tenant)
    try:
        admin.get_database(chroma.database, chroma.tenant)
    except NotFoundError:
        admin.create_database(chroma.database, chroma.tenant)


def _of_folder(config: Config) -> Client:
    folder = config.index.folder / config.fingerprint
    try:
        return cast(Client, chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False)))
    except ChromaError:
        forget_folders()  # it keeps the half-started system of one that it could not open
        raise


def forget_folders() -> None:
    """Have Chroma open a folder anew, when it is asked for one that some client has open, too."""
    SharedSystemClient.clear_system_cache()


def _of_server(chroma: Chroma, timeout: httpx.Timeout) -> Client:
    _say_hello(chroma, f"tenants/{quote(chroma.tenant, safe='')}/databases/{quote(chroma.database, safe='')}")
    try:
        client = Client(chroma.tenant, chroma.database, _settings(chroma))
    except ValueError as error:  # what it makes of whatever goes wrong while it looks for tenant and database
        raise error.__context__ or error from None
    client._server._session.timeout = timeout  # type: ignore[attr-defined]  # it has none, and none can be asked for
    return client


def _say_hello(chroma: Chroma, path: str) -> None:
    """Notice a server that hangs or lacks the database, before a client is made that would wait for it forever."""
    address = f"{chroma.url.rstrip('/')}/api/v2/{path}"
    response = httpx.get(
        address, timeout=httpx.Timeout(_READING_S, connect=_CONNECTING_S), headers=_credentials(chroma)
    )
    if response.status_code == httpx.codes.NOT_FOUND:
        raise NotFoundError(address)
    response.raise_for_status()


def _settings(chroma: Chroma) -> Settings:
    """What `chromadb.HttpClient` would make of an address; the client for tenants and databases has no such helper."""
    address = urlsplit(chroma.url)
    tls, host = address.scheme == "https", address.hostname or ""
    return Settings(
        anonymized_telemetry=False,
        chroma_api_impl="chromadb.api.fastapi.FastAPI",
        chroma_server_host=f"[{host}]" if ":" in host else host,
        chroma_server_http_port=address.port or (443 if tls else 80),
        chroma_server_ssl_enabled=tls,
        chroma_server_headers=_credentials(chroma),
    )


def _credentials(chroma: Chroma) -> dict[str, str]:
    """The header that a proxy in front of Chroma, or its cloud, asks for."""
    token = os.environ.get("CHROMA_TOKEN")
    if not token:
        return {}
    return {chroma.token_header: f"Bearer {token}" if chroma.token_header == "Authorization" else token}


@contextmanager
def chroma_errors(config: Config) -> Iterator[None]:
    """Turn Chroma's errors into ours."""
    try:
        yield
    except (ChromaError, httpx.HTTPError, OSError, ValueError) as error:
        if config.chroma.mode == "server":
            raise IndexUnavailable(_of_a_server(config.chroma, error)) from error
        raise IndexUnavailable(
            f"The vector store cannot be used: {error}. Run `qa ingest` to mend it; `qa doctor` tells more."
        ) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # of Chroma's core, which derives it from BaseException
            raise
        raise IndexUnavailable(
            f"The vector store fails: {error}. Run `qa ingest` to mend it; `qa doctor` tells more."
        ) from error


def _of_a_server(chroma: Chroma, error: Exception) -> str:
    """What went wrong with a server, and what to do."""
    server = f"The Chroma server at {chroma.url}"
    refused = isinstance(error, httpx.HTTPStatusError) and error.response.status_code in (401, 403)
    if refused or isinstance(error, ChromaAuthError | AuthorizationError):
        return f"{server} refuses us. Set CHROMA_TOKEN, and chroma.token_header if it wants another header."
    if isinstance(error, httpx.TimeoutException):
        return f"{server} does not answer in time. See whether it runs, and how busy it is."
    if isinstance(error, httpx.TransportError | OSError):
        return f"{server} cannot be reached ({error}). Start it, or set chroma.url."
    if isinstance(error, NotFoundError):
        return f"{server} has no index in database {chroma.database!r} of tenant {chroma.tenant!r}. Run `qa ingest`."
    return f"{server} fails: {error}."
