# SPDX-License-Identifier: GPL-2.0
# postgres.sh: PostgreSQL: a process a connection, copies, cancellation, replication;
# asked by psql, pgbench, psycopg2

PG=/usr/lib/postgresql/15/bin

as_user() {
	setpriv --reuid=postgres --regid=postgres --clear-groups env "HOME=$PWD" PGCONNECT_TIMEOUT=5 "$@"
}

# sql HOST STATEMENT [PORT]: what it says, without decoration
sql() {
	as_user psql -qAt -h "$1" -p "${3:-5544}" -c "$2" postgres
}

gives() {
	local out
	out=$(sql "${@:2}") || return
	echo "$out" | head -n 3
	[ "$out" = "$1" ]
}

copied_out() {
	[ "$(sql 127.0.0.1 'copy t to stdout' | wc -l)" = 200000 ]
}

copied_in() {
	sql ::1 'copy t to stdout' > rows
	sql 127.0.0.1 'create table u (i int, m text)'
	sql 127.0.0.1 "\\copy u from $PWD/rows"
	gives 200000 127.0.0.1 'select count(*) from u'
}

notified() {
	{ echo 'listen x;'; sleep 1; echo 'select 1;'; } |
		as_user psql -At -h 127.0.0.1 -p 5544 postgres &
	sleep 0.4
	sql 127.0.0.1 "notify x, 'hi'"
	wait $!
}

says_anyway() {
	"${@:2}" 2>&1 | grep "$1"
}

# psql asks for it by a second connection
cancelled() {
	as_user timeout -s INT 1 psql -h 127.0.0.1 -p 5544 -c 'select pg_sleep(9)' postgres
}
export -f as_user sql gives copied_out copied_in notified says_anyway cancelled

suite() {
	local host
	LIMIT=30
	chown postgres .
	check "initdb" as_user $PG/initdb -D "$PWD/a" -A trust
	cat >> a/postgresql.conf <<-END
		listen_addresses = '127.0.0.1,::1'
		unix_socket_directories = '$PWD'
		port = 5544
		wal_level = replica
		max_wal_senders = 4
		fsync = off
		huge_pages = off
	END
	serve as_user $PG/postgres -D "$PWD/a"
	await "it listens" $PG/pg_isready -q -h 127.0.0.1 -p 5544

	for host in 127.0.0.1 ::1 "$PWD"; do
		check "psql, ${host##/*}" gives 42 "$host" 'select 40 + 2'
	done
	check "a table" sql 127.0.0.1 \
		'create table t as select g i, md5(g::text) m from generate_series(1, 200000) g'
	check "COPY out" copied_out
	check "COPY in" copied_in
	check "pgbench -i" as_user $PG/pgbench -i -q -s 2 -h 127.0.0.1 -p 5544 postgres
	check "pgbench, eight clients" says 'failed transactions: 0 ' \
		as_user $PG/pgbench -c 8 -j 2 -T 3 -h 127.0.0.1 -p 5544 postgres
	check "pgbench, 200 connections" says 'failed transactions: 0 ' \
		as_user $PG/pgbench -C -c 4 -j 2 -t 50 -S -h ::1 -p 5544 postgres
	check "NOTIFY" says 'notification "x"' notified
	check "a statement's timeout" says_anyway 'statement timeout' \
		sql 127.0.0.1 'set statement_timeout = 300; select pg_sleep(5)'
	check "a request is cancelled" says_anyway 'canceling statement' cancelled
	check "psycopg2" says 200000 as_user /usr/bin/python3 -c '
import psycopg2
c = psycopg2.connect(host="127.0.0.1", port=5544, dbname="postgres", user="postgres").cursor()
c.execute("select count(*) from t")
print(c.fetchone()[0])'

	check "pg_basebackup" as_user $PG/pg_basebackup -h 127.0.0.1 -p 5544 -D "$PWD/s" -R -X stream -c fast
	sed -i 's/port = 5544/port = 5545/' s/postgresql.conf
	serve as_user $PG/postgres -D "$PWD/s"
	await "the standby listens" $PG/pg_isready -q -h 127.0.0.1 -p 5545
	sql 127.0.0.1 'create table r as select 7 x' >> serve.log 2>&1
	await "it has what is written" gives 7 127.0.0.1 'select x from r' 5545
}
