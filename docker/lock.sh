#!/bin/sh
# Writes docker/constraints.txt anew: the newest versions that pyproject.toml allows. Run it before a release, then run the tests.
set -eu

cd "$(dirname "$0")/.."
report="$(mktemp)"
trap 'rm -f "$report"' EXIT
"${PYTHON:-.venv/bin/python}" -m pip install --dry-run --ignore-installed --quiet --report "$report" .
"${PYTHON:-.venv/bin/python}" - "$report" >docker/constraints.txt <<'PY'
import json
import re
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    found = [item["metadata"] for item in json.load(file)["install"]]
print("# Written by docker/lock.sh: the versions in the image. Do not edit.")
for name, version in sorted((re.sub(r"[-_.]+", "-", item["name"]).lower(), item["version"]) for item in found):
    if name != "renkei":
        print(f"{name}=={version}")
PY
