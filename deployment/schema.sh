#!/bin/sh
# Brings Temporal's two databases to the schema of the temporal-sql-tool that
# runs it. Once or many times: what is there is updated, and never set up anew,
# because setting up a database that is in use may reset its schema's version.
#
# SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD, which the tool
# reads by itself, say where.
set -eu

update() {
	temporal-sql-tool --db "$1" update-schema --schema-name "$2" 2>&1
}

bring_up() {
	database=$1
	schema=$2
	temporal-sql-tool --db "$database" create-database
	if said=$(update "$database" "$schema"); then
		echo "schema: $database is up to date"
		return
	fi
	# Only a database that has no version is new. Any other failure is one.
	case $said in
	*'relation '*schema_version*' does not exist'* | *'no rows in result set'*) ;;
	*)
		echo "$said" >&2
		echo "schema: $database could not be updated; the reason is above" >&2
		exit 1
		;;
	esac
	temporal-sql-tool --db "$database" setup-schema --version 0.0
	update "$database" "$schema"
	echo "schema: $database is set up"
}

bring_up temporal postgresql/v12/temporal
bring_up temporal_visibility postgresql/v12/visibility
