#!/bin/sh
# Installs a bundle with the network refused and uses it: bundle/check.sh build/bundle/renkei-….tar.gz
# The log is what an officer would see; build/bundle/install.log keeps it.
set -eu
cd "$(dirname "$0")/.."
bundle=$(realpath "$1")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
log=build/bundle/install.log

cat >"$folder/inside.sh" <<'IN'
set -eu
cd "$1"
export HTTP_PROXY=http://127.0.0.1:9 HTTPS_PROXY=http://127.0.0.1:9 no_proxy= HOME=$1/home
unset PYTHONPATH RENKEI_HOME || true
mkdir -p home
echo '$ （外につながらないことの確かめ）'
if python3 - <<'PY'
import socket
socket.create_connection(("151.101.0.223", 443), timeout=3)
PY
then
    echo 'ネットワークにつながっています' >&2
    exit 1
fi 2>&1 | tail -1
echo "\$ sh install.sh --to $1/renkei"
sh renkei-*/install.sh --to "$1/renkei"
echo '$ renkei --help'
renkei/bin/renkei --help
pack=$(renkei/bin/python -c 'from workers.settings import Settings; print(Settings().home / "bpmn" / "isesaki")')
echo '$ renkei lint isesaki（Node.js なし）'
renkei/bin/renkei lint "$pack" || echo "（終了コード $?）"
echo '$ renkei lint --no-node isesaki'
renkei/bin/renkei lint --no-node "$pack"
echo '$ du -sm renkei'
du -sm renkei
IN

tar -C "$folder" -xzf "$bundle"
if unshare --map-root-user --net true 2>/dev/null; then
    refuse='unshare --map-root-user --net'
else
    refuse=  # the dead proxy of inside.sh and pip's --no-index are all that is left
    echo 'ネットワークを切り離せないので、プロキシを塞いで確かめます。' >&2
fi
if $refuse sh "$folder/inside.sh" "$folder" >"$log" 2>&1; then
    cat "$log"
else
    cat "$log" >&2
    exit 1
fi
