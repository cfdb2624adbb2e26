#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# nuse.sh NUSE: an unmodified wget fetches from an unmodified server on another stack
set -eu
nuse=$1
dir=$(mktemp -d)
chmod 755 "$dir"
server=demo-$$
trap '"$nuse" stop -f $server 2> /dev/null || true; rm -rf "$dir"' EXIT
seq 1 100000 > "$dir/numbers"

echo
echo "now with programs, as user $(id -un): mini-httpd on one stack, wget on another, a cable"
"$nuse" --name $server --net pair:$server,addr=10.0.0.1/24 -- \
	mini_httpd -D -p 80 -d "$dir" -i "$dir/pid" -l /dev/null > /dev/null 2>&1 &
for _ in $(seq 50); do
	"$nuse" ls | grep -q mini_httpd && break
	sleep 0.1
done
"$nuse" --net pair:$server,addr=10.0.0.2/24 -- sh -c '
	ip -br addr show dev eth0
	wget -O "$0/copy" http://10.0.0.1/numbers 2>&1 | tail -n 2 | head -n 1' "$dir"
cmp "$dir/numbers" "$dir/copy" && echo "what came is what was sent: $(wc -c < "$dir/copy") bytes"
