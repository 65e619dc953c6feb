# Built: docker build -t ask-the-articles .
# Run:   docker run --read-only --tmpfs /tmp --volume qa-data:/data --publish 127.0.0.1:8000:8000 --stop-timeout 100 ask-the-articles
FROM python:3.11.14-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/qa
WORKDIR /build
COPY requirements.lock ./
RUN /opt/qa/bin/pip install --no-deps --require-hashes --requirement requirements.lock
# For server.rate_storage, where there are several processes.
COPY tests/requirements.lock all.lock
RUN sed -n '/^redis==/,/[^\\]$/p' all.lock > redis.lock && /opt/qa/bin/pip install --no-deps --require-hashes --requirement redis.lock
COPY . ./
RUN /opt/qa/bin/pip install --no-deps --no-build-isolation .

FROM python:3.11.14-slim-bookworm
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin qa && install --directory --owner qa /data
COPY --from=build /opt/qa /opt/qa
# Your own articles: --volume /where/they/are:/app/seeds:ro; your own settings: QA_... variables, or a /app/config.yaml.
WORKDIR /app
COPY config.yaml LICENSE NOTICE ./
COPY seeds seeds
ENV PATH=/opt/qa/bin:$PATH \
    HOME=/nonexistent \
    PYTHONDONTWRITEBYTECODE=1 \
    QA_SERVER__HOST=0.0.0.0 \
    QA_INDEX__FOLDER=/data \
    QA_EVALUATION__FOLDER=/data/evaluation \
    QA_LOGGING__FORMAT=json
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ.get('QA_SERVER__PORT', '8000') + '/readyz', timeout=4)"]
CMD ["qa", "serve"]
