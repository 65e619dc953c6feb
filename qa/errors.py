"""Every error that a user can meet.

    QAError                    500  1   the root: catch this to catch all of ours
    ├── ConfigError            500  2   config.yaml or an override is wrong
    ├── QuestionError          422  2   the question cannot be asked as it stands
    ├── ArticlesError          503  3   there is no article to work with
    ├── IndexUnavailable       503  4   the index cannot be used as it is
    │   ├── IndexMissing                nothing has been indexed yet
    │   └── IndexLocked                 another process is writing to it
    ├── ModelError             500  5   a model is missing or damaged
    ├── EvaluationFailed       500  6   measured results are below their floor, or below the baseline
    ├── ServiceError           502  7   a service that was asked over HTTP gives no answer
    ├── EndpointError          502  8   the language model fails; questions are answered without it
    │   └── EndpointTimeout    504  8   it takes too long
    ├── FeedbackError          500  9   what a reader said about an answer cannot be kept
    │   ├── FeedbackTooLong    413  9   it is more than is kept of one answer
    │   └── FeedbackFull       507  9   there is no room left for it
    ├── InstallationError      500  10  a package is missing, or of a version that does not fit
    └── Busy                   503  11  more is asked than can be answered now

The columns are the HTTP status and the exit code of the command line (`qa serve` exits with gunicorn's once it has
started). Every message says what to do next, and holds no secret and no traceback. At the terminal and in the log it is
shown as it is; clients of the service are told less of what is for whoever runs it (`web/problems.py`).
"""


class QAError(Exception):
    """Root of every error that this project raises on purpose."""

    status = 500
    exit_code = 1


class ConfigError(QAError):
    """The configuration is wrong. Seen by whoever edits config.yaml; names the key."""

    exit_code = 2


class QuestionError(QAError):
    """The question is empty or no text. Seen by whoever asks."""

    status = 422
    exit_code = 2


class ArticlesError(QAError):
    """The folder of articles is missing or holds nothing readable. Seen by whoever runs the service."""

    status = 503
    exit_code = 3


class IndexUnavailable(QAError):
    """The index cannot be used. Seen by whoever runs the service; its users see status 503."""

    status = 503
    exit_code = 4


class IndexMissing(IndexUnavailable):
    """No article has been indexed with the present configuration."""


class IndexLocked(IndexUnavailable):
    """Another process writes to the index; two writers would damage it."""


class ModelError(QAError):
    """A model's file is missing or damaged. Seen by whoever installs the service."""

    exit_code = 5


class EvaluationFailed(QAError):
    """A measured result is below its floor, or has dropped since the baseline. Seen by CI."""

    exit_code = 6


class ServiceError(QAError):
    """A service asked over HTTP cannot be reached or does not answer as ours does. Seen by who measures it."""

    status = 502
    exit_code = 7


class EndpointError(QAError):
    """The language model does not answer as it should. Seen as an answer's `notice`, in the log and at `/readyz`.

    Args:
        message: what happened and what to do; nothing that the endpoint said, which may hold a key.
        kind: the same in a word, for whoever counts.
        again: whether asking again at once may help and can do no harm.
        retry_after: how long the endpoint wants to be left alone, in seconds.
    """

    status = 502
    exit_code = 8

    def __init__(
        self, message: str, kind: str = "other", *, again: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.again = again
        self.retry_after = retry_after


class EndpointTimeout(EndpointError):
    """The language model takes too long."""

    status = 504


class InstallationError(QAError):
    """What is installed does not fit. Seen by whoever installs the service, from `qa doctor`."""

    exit_code = 10


class FeedbackError(QAError):
    """The file of feedback cannot be written. Seen by the reader who sent some, who can send it again."""

    exit_code = 9


class FeedbackTooLong(FeedbackError):
    """What a reader sent, with the conversation that it belongs to, is more than one line may hold."""

    status = 413


class FeedbackFull(FeedbackError):
    """The file of feedback is as large as it may get."""

    status = 507


class Busy(QAError):
    """More is asked at the same time than can be answered. Seen by whoever asks, who can ask again.

    Args:
        message: what to do.
        retry_after: when to ask again, in seconds.
    """

    status = 503
    exit_code = 11

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
