#!/bin/sh
# Makes the offline installer in build/bundle: our wheel, the wheels of docker/constraints.txt, the compose files, the
# documents, install.sh. Camunda, Java, Node.js and the database are not in it: the office has them by its own contracts.
#   PYTHON=/path/to/python3.12 bundle/make.sh    for that version of Python: some wheels fit one version only
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON:-.venv/bin/python}
version=$("$python" -c 'import tomllib; print(tomllib.load(open("pyproject.toml", "rb"))["project"]["version"])')
tag=$("$python" -c 'import platform, sys; print("py%d.%d-%s-%s" % (*sys.version_info[:2], sys.platform, platform.machine()))')
name=renkei-$version-offline-$tag
folder=build/bundle/$name
pip="$python -m pip --disable-pip-version-check --quiet"

rm -rf "$folder" "$folder.tar.gz"
mkdir -p "$folder/wheels"
$pip wheel --no-deps --no-build-isolation --no-index --wheel-dir "$folder/wheels" .
# Wheels only: nothing is built on the office's server, and nothing is fetched there.
$pip download --only-binary :all: --constraint docker/constraints.txt --dest "$folder/wheels" "$folder"/wheels/renkei-*.whl
cp docker/constraints.txt LICENSE CHANGELOG.md docker-compose.yml .env.example "$folder"
cp bundle/install.sh bundle/README.md "$folder"
git ls-files docs docker | tar -cf - -T - | tar -xf - -C "$folder"
printf '%s\n' "$tag" >"$folder/PYTHON"
(cd "$folder" && find . -type f ! -name SHA256SUMS | LC_ALL=C sort | xargs sha256sum >SHA256SUMS)
tar -C build/bundle --sort=name --owner=0 --group=0 --numeric-owner -czf "$folder.tar.gz" "$name"
rm -rf "$folder"
printf '%s（%s）\n' "$folder.tar.gz" "$(du -h "$folder.tar.gz" | cut -f1)"
