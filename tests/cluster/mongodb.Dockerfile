# The MongoDB-compatible server of the tests, as a pod. A separate program under the GPL: it is never part
# of the product. Where an image registry is reached, `mongo:8` takes its place.
ARG BASE_IMAGE=python:3.13-slim-trixie

FROM ${BASE_IMAGE} AS dependencies
RUN python3 -m venv /tools && python3 -m venv --without-pip /venv
COPY tests/cluster/requirements-mongodb.txt /requirements.txt
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    --mount=type=secret,id=ca,target=/run/secrets/ca \
    /tools/bin/pip --python /venv/bin/python install --quiet --no-cache-dir --disable-pip-version-check \
      --require-hashes --only-binary :all: -r /requirements.txt

FROM ${BASE_IMAGE}
COPY --from=dependencies /venv /venv
ENV PATH=/venv/bin:/usr/local/bin:/usr/bin:/bin HOME=/tmp PYTHONDONTWRITEBYTECODE=1
RUN mkdir -p /data/db && chmod 1777 /data/db
USER 65532:65532
VOLUME /data/db
ENTRYPOINT ["secantusd-py", "--host", "0.0.0.0", "--port", "27017", "--storage-path", "/data/db", "--sync-on-commit"]
