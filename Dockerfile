# syntax=docker/dockerfile:1
# Two images. `docker build --target api -t fer-api .` answers over HTTP, without TensorFlow and
# pages; `docker build -t fer .` is the app. Both run as an ordinary user on a read-only root, and
# keep everything in /data. See docs/container.md.

FROM python:3.12-slim-bookworm AS base
ENV FER_HOME=/data \
    HOME=/tmp \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    UV_NO_CACHE=1 \
    PYTHONUNBUFFERED=1
RUN groupadd --gid 10001 fer \
    && useradd --uid 10001 --gid fer --no-create-home --home-dir /tmp --shell /usr/sbin/nologin fer \
    && install --directory --owner fer --group fer /data
WORKDIR /src
COPY LICENSE README.md asgi.py pyproject.toml requirements.txt requirements-dev.txt \
    streamlit_app.py ./
COPY .streamlit .streamlit
COPY fer fer
COPY models models
COPY pages pages
# pip would refuse the folder itself, which has no hash; uv checks those of the packages.
RUN pip install "$(grep --only-matching '^uv==[^ ]*' requirements-dev.txt)"

FROM base AS api
RUN uv pip install --system --constraint requirements.txt --constraint requirements-dev.txt \
    ".[serve,postgres]" \
    && pip uninstall --yes uv && rm -r /src
WORKDIR /data
USER fer
VOLUME /data
EXPOSE 8502
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD \
    ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8502/api/v1/health', timeout=4)"]
CMD ["fer", "serve", "--address", "0.0.0.0"]

FROM base AS app
RUN uv pip install --system --constraint requirements.txt --constraint requirements-dev.txt \
    ".[app,login,postgres]" \
    && pip uninstall --yes uv && rm -r /src
WORKDIR /data
USER fer
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD \
    ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["fer", "app", "--address", "0.0.0.0"]
