# syntax=docker/dockerfile:1
# Three stages: browser files, Python packages, and the image that runs, which has neither npm nor a compiler.

FROM node:22-bookworm-slim AS browser
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM python:3.13-slim-bookworm AS packages
WORKDIR /app
COPY requirements/run.txt requirements/run.txt
RUN python -m venv /app/.venv \
 && /app/.venv/bin/pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: -r requirements/run.txt

FROM python:3.13-slim-bookworm
# Pango and HarfBuzz lay out the PDFs; pg_dump and psql serve backups (docs/operate.md).
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 postgresql-client \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin intervalle \
 && mkdir -p /var/lib/intervalle/files \
 && chown intervalle:intervalle /var/lib/intervalle/files
WORKDIR /app
COPY --from=packages /app/.venv /app/.venv
COPY --from=browser /app/node_modules /app/node_modules
COPY pyproject.toml LICENSE package.json package-lock.json ./
COPY src src
COPY premises premises
COPY calls calls
COPY allocation allocation
COPY templates templates
COPY data data
# Compiled once here: every start of every replica reads it.
RUN python -m compileall -q src premises calls allocation
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONPATH=/app/src:/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    XDG_CACHE_HOME=/tmp
USER intervalle
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/sante', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "intervalle.cli"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
