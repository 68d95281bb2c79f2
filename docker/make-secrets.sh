#!/bin/sh
# Makes the secret files of docker-compose.yml with random passwords; a file that exists is never touched.
# The folder is closed (0700); the files in it are readable (0444), because the containers read them under users of their own.
set -eu

directory="${1:-secrets}"
umask 077
mkdir -p "$directory"
chmod 0700 "$directory"

random() {
  od -An -v -N24 -tx1 /dev/urandom | tr -d ' \n'
}

# write NAME VALUE
write() {
  if [ -e "$directory/$1" ]; then
    echo "そのまま: $directory/$1"
    return
  fi
  printf '%s\n' "$2" >"$directory/$1"
  chmod 0444 "$directory/$1"
  echo "作成:     $directory/$1"
}

write postgres_password "$(random)"
write camunda_db_password "$(random)"
write camunda_admin_password "$(random)"
write camunda_license_key ""
write renkei_camunda_password "$(random)"
write renkei_db_password "$(random)"
write renkei_database_url "postgresql+psycopg://renkei:$(cat "$directory/renkei_db_password")@postgres:5432/renkei"
write renkei_smtp_password ""

echo "ライセンスキーは $directory/camunda_license_key に、メールサーバーのパスワードは $directory/renkei_smtp_password に書いてください。"
