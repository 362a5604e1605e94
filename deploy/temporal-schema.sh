#!/bin/sh
# Brings Temporal's two databases to the schema of its version; running it again upgrades them.
set -eu

tool() {
  database="$1"
  shift
  temporal-sql-tool --plugin postgres12 --ep "$POSTGRES_SEEDS" -p 5432 -u temporal --pw "$POSTGRES_PWD" --db "$database" "$@"
}

prepare() {
  # An empty database has no version to update from: it gets version 0.0 first, and only then.
  tool "$1" update-schema --schema-name "$2" ||
    { tool "$1" setup-schema -v 0.0 && tool "$1" update-schema --schema-name "$2"; }
}

prepare temporal postgresql/v12/temporal
prepare temporal_visibility postgresql/v12/visibility
