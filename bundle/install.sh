#!/bin/sh
# ネットワークを使わずに renkei を入れます。
#   sh install.sh                    /opt/renkei に入れる
#   sh install.sh --to /srv/renkei   別の場所に入れる
#   PYTHON=/usr/bin/python3.11 sh install.sh
set -eu
cd "$(dirname "$0")"

to=/opt/renkei
while [ $# -gt 0 ]; do
    case $1 in
    --to) [ $# -ge 2 ] || { echo '--to の後に場所を書いてください。' >&2; exit 2; }; to=$2; shift 2 ;;
    *) echo "$1 という指定はありません（--to）。" >&2; exit 2 ;;
    esac
done

fail() {
    printf '%s\n' "$1" >&2
    exit 1
}

echo '1/4 ファイルを確かめます'
sha256sum --check --quiet SHA256SUMS || fail 'ファイルが壊れているか、変わっています。もう一度写してください。'

echo '2/4 Python を確かめます'
wanted=$(cat PYTHON)
python=${PYTHON:-}
for candidate in "$python" python3.11 python3.12 python3.13 python3; do
    [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 || continue
    found=$("$candidate" -c 'import platform, sys; print("py%d.%d-%s-%s" % (*sys.version_info[:2], sys.platform, platform.machine()))')
    [ "$found" = "$wanted" ] && python=$candidate && break
    [ -z "${PYTHON:-}" ] || break
done
[ "${found:-}" = "$wanted" ] || fail "Python が合いません。このまとまりは $wanted 用です（見つかったもの: ${found:-なし}）。PYTHON=… で場所を指定してください。"

[ ! -e "$to" ] || [ -x "$to/bin/renkei" ] || fail "$to には別のものがあります。--to で別の場所を指定してください。"

echo "3/4 $to に入れます（ネットワークは使いません）"
"$python" -m venv --clear "$to" || fail 'venv を作れません。Debian・Ubuntu では、手元のパッケージの python3-venv を入れてください。'
PIP_CONFIG_FILE=/dev/null PIP_NO_INDEX=1 "$to/bin/python" -m pip install --disable-pip-version-check --quiet --no-index \
    --find-links wheels --only-binary :all: --constraint constraints.txt wheels/renkei-*.whl

echo '4/4 動くことを確かめます'
"$to/bin/renkei" --version
"$to/bin/python" -m pip check --disable-pip-version-check
cat <<END

入りました: $to/bin/renkei
次に、README.md の「入れたあと」を見てください。Camunda、データベース、メールサーバーの住所を設定します。
END
