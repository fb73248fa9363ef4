# One image for web, worker and beat; the command says which. Versions come from requirements.lock.
ARG BASE_IMAGE=python:3.13-slim

FROM ${BASE_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/hebdo
ENV PATH=/opt/hebdo/bin:$PATH
# The lock first: a change of ours alone installs nothing anew.
COPY requirements.lock ./
RUN pip install --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY emails ./emails
COPY tasks ./tasks
COPY app ./app
RUN pybabel compile --directory app/translations \
    && pip install --no-deps --no-build-isolation .

FROM ${BASE_IMAGE}
LABEL org.opencontainers.image.title="Hebdo" \
      org.opencontainers.image.licenses="AGPL-3.0-or-later"
COPY --from=build /opt/hebdo /opt/hebdo
ENV PATH=/opt/hebdo/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HEBDO_STATE_DIR=/var/lib/hebdo/state \
    HEBDO_MEDIA_DIR=/var/lib/hebdo/media
# The two directories belong to the user that runs, so that fresh volumes over them do too.
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin hebdo \
    && install --directory --owner hebdo --group hebdo --mode 0750 \
       /var/lib/hebdo /var/lib/hebdo/state /var/lib/hebdo/media
WORKDIR /var/lib/hebdo
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "from http.client import HTTPConnection as C; c = C('127.0.0.1', 8000, timeout=4); c.request('GET', '/healthz'); raise SystemExit(c.getresponse().status != 200)"]
CMD ["hebdo", "web", "--bind", "0.0.0.0:8000"]
