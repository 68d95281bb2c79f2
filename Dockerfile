# renkei's workers and command line. The packs and templates of the repository are inside the wheel.
FROM python:3.11.15-slim-bookworm AS build

WORKDIR /src
COPY docker/constraints.txt ./
COPY pyproject.toml README.md LICENSE ./
COPY workers ./workers
COPY bpmn ./bpmn
COPY templates ./templates
# Versions come from constraints.txt; only wheels, so that no package runs build code here.
RUN pip wheel --no-cache-dir --disable-pip-version-check --no-deps --wheel-dir /wheels . \
    && python -m venv /opt/renkei \
    && /opt/renkei/bin/pip install --no-cache-dir --disable-pip-version-check --only-binary :all: \
        --constraint constraints.txt /wheels/*.whl


FROM python:3.11.15-slim-bookworm

ENV PATH=/opt/renkei/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TZ=Asia/Tokyo \
    RENKEI_DATA=/var/lib/renkei \
    RENKEI_CACHE=/tmp/renkei

RUN groupadd --gid 10001 renkei \
    && useradd --uid 10001 --gid renkei --home-dir /var/lib/renkei --no-create-home --shell /usr/sbin/nologin renkei \
    && install --directory --owner renkei --group renkei --mode 0750 /var/lib/renkei

COPY --from=build /opt/renkei /opt/renkei
COPY docker/healthcheck.py /opt/renkei/healthcheck.py

WORKDIR /var/lib/renkei
VOLUME /var/lib/renkei
USER 10001:10001
STOPSIGNAL SIGTERM

HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
    CMD ["python", "/opt/renkei/healthcheck.py"]

ENTRYPOINT ["renkei"]
CMD ["worker"]
