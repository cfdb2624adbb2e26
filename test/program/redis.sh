#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# redis.sh: redis-server, redis-cli, redis-benchmark, a save by fork under load
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

cli() {
	redis-cli -p 6379 "$@"
}
export -f cli

says() {
	local out
	out=$(cli "${@:2}") || return 1
	echo "$out"
	[ "$out" = "$1" ]
}

serve redis-server --bind 127.0.0.1 ::1 --port 6379 --dir "$PWD" --save "" --appendonly no
server=$!
await "it answers" says PONG ping
check "over IPv6" redis-cli -h ::1 ping
check "redis-benchmark" redis-benchmark -q -p 6379 -n 20000 -c 20 -t ping,set,get,lpush
check "pipelined" redis-benchmark -q -p 6379 -n 50000 -c 10 -P 16 -t set,get
check "with random keys" redis-benchmark -q -p 6379 -n 10000 -r 100000 -d 1000 -t set

head -c 1000000 /dev/urandom > value
store() {
	cli -x set value < value && [ "$(cli get value | head -c 1000000 | sum)" = "$(sum < value)" ]
}
check "a megabyte goes there and comes back" store

saved() {
	cli info persistence | grep -q 'rdb_bgsave_in_progress:0' && [ -s dump.rdb ]
}
redis-benchmark -q -p 6379 -n 1000000 -c 5 -t set > /dev/null 2>&1 &
load=$!
check "BGSAVE under load" says "Background saving started" bgsave
await "the child has saved" saved
check "the parent served on" says PONG ping
check "its state is ok" grep -q 'rdb_last_bgsave_status:ok' <(cli info persistence)
kill $load

subscribed() {
	timeout 3 redis-cli -p 6379 subscribe news > news.log &
	until [ "$(cli pubsub numsub news | tail -n 1)" = 1 ]; do sleep 0.02; done
	cli publish news "it works" > /dev/null
	until grep -q "it works" news.log; do sleep 0.02; done
	kill $!
}
check "subscribe and publish" subscribed
size=$(cli dbsize)
cli shutdown save
wait $server
status=$?
check "it ends" test $status = 0
serve redis-server --bind 127.0.0.1 --port 6379 --dir "$PWD"
await "again, with what was saved" says "$size" dbsize
plan
