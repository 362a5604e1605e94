#!/bin/sh
# Runs once, when PostgreSQL initialises its volume: the schema's owner, the application and Temporal are
# different roles, none of them the superuser.
set -eu

create() {
  psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set role="$1" --set password="$2" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
SQL
}

create marketplace_owner "$OWNER_PASSWORD"
create marketplace_app "$APP_PASSWORD"
create temporal "$TEMPORAL_PASSWORD"
createdb --username "$POSTGRES_USER" --owner marketplace_owner marketplace
createdb --username "$POSTGRES_USER" --owner temporal temporal
createdb --username "$POSTGRES_USER" --owner temporal temporal_visibility
