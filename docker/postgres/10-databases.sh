#!/bin/bash
# Runs once, on an empty data volume: a database and a role of its own for Camunda and for renkei's registry.
# Neither role can connect to the other's database.
set -euo pipefail

secrets="${SECRETS_DIR:-/run/secrets}"

# Reads a secret without its trailing newline; an empty password would open the database to nobody or, worse, to anybody.
secret() {
  local value
  value="$(<"$secrets/$1")"
  if [[ -z "$value" ]]; then
    echo "秘密ファイル $1 が空です" >&2
    exit 1
  fi
  printf '%s' "$value"
}

create() {
  local role="$1" password
  password="$(secret "$2")"
  # The password goes through the environment and \getenv: never an argument that ps shows.
  ROLE_PASSWORD="$password" psql --no-psqlrc --set ON_ERROR_STOP=1 --set role="$role" \
    --username "$POSTGRES_USER" --dbname postgres --quiet <<'SQL'
\getenv password ROLE_PASSWORD
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"role" OWNER :"role" TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE :"role" FROM PUBLIC;
SQL
}

create camunda camunda_db_password
create renkei renkei_db_password
