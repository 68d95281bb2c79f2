# Everything starts here; `make` alone lists the targets. Needs git, Python 3.11+, make and Maven.

.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help setup demo check test test-all chaos bench soak bundle docs packages

# Where Python is told to write no byte-code it would compile every module anew, each of the hundreds of times that
# tests start it: the run takes twice as long.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
LANES := $(BIN)/python -m tests.kit.lanes

# Where Camunda cannot be fetched, what needs no engine is still tested and told; the run as a whole has failed.
WITHOUT_ENGINE = echo 'Camunda を用意できないので、エンジンの要らないテストだけを実行します。' >&2; \
	$(PYTEST) -q -n 2 -m "not slow and not process and not stack" tests/unit tests/contract; \
	echo 'エンジンの要るテストは実行していません。手元の Camunda 8.6 を RENKEI_CAMUNDA_DIST で指定するか、Maven が使うネットワークを確かめてください。' >&2

help: ## この一覧
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## 仮想環境 .venv を作る（変わったときだけ）
	@.ci/bootstrap

demo: ## すべてを用意して起動し、一件の協定を申出から締結まで進める
	@.ci/bootstrap --stack --run
	@$(BIN)/renkei demo isesaki

docs: setup ## 説明書のサイトを build/docs/site に作る（開くのにサーバーもネットワークも要らない）
	@$(BIN)/python -m tests.kit.docsite

check: setup ## 書式、型、依存の向きを調べる
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

test: packages ## テスト（3 つずつ並べる）
	@.ci/bootstrap --stack
	@$(BIN)/python -m workers.localstack
	@$(BIN)/python -m tests.kit.newer
	@$(LANES) -m "not slow"

test-all: packages ## すべての組み合わせのテスト（長い）
	@.ci/bootstrap
	@$(BIN)/python -m workers.localstack && $(BIN)/python -m tests.kit.newer || { $(WITHOUT_ENGINE); exit 1; }
	@$(LANES)

chaos: ## 障害を起こすテスト（SEED=… で同じ順を繰り返す。2 つずつ並べる、LANES=1 なら一つずつ）
	@.ci/bootstrap --stack
	@$(BIN)/python -m workers.localstack
	@$(PYTEST) -v tests/chaos -n $(or $(LANES),2) --maxschedchunk 1 --bars chaos $(if $(SEED),--seed $(SEED))

bench: ## 速さを測る
	@.ci/bootstrap --stack
	@$(BIN)/python -m workers.localstack
	@$(PYTEST) -s tests/bench --bars bench

soak: ## 長く動かして、メモリーの伸びとメールの遅れを見る（MINUTES=60）
	@.ci/bootstrap --stack
	@$(BIN)/python -m workers.localstack
	@MINUTES=$(or $(MINUTES),60) $(PYTEST) -s tests/bench/test_soak.py --bars soak

bundle: setup ## ネットワークなしで入れるためのまとまりを作り、切り離して入れてみる
	@bundle/make.sh
	@bundle/check.sh "$$(ls -t build/bundle/renkei-*.tar.gz | head -1)"

packages:
	@.ci/packages
