#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# node.sh: node serves HTTP and fetches, alone, in a cluster and with worker threads
set -u
. "${TEST_TOP-.}/test/program/lib.sh"
have node node || plan

ip link set lo up
head -c 3000000 /dev/urandom > file
expected=$(sum < file)
export expected
cat > server.js <<'END'
const http = require("http"), fs = require("fs");
http.createServer((q, s) => {
	if (q.method === "POST") { q.pipe(s); return; }
	fs.createReadStream("file").pipe(s);
}).listen(9100, "::", () => console.log("listens"));
END
cat > client.js <<'END'
const http = require("http"), crypto = require("crypto");
const want = process.argv[3];
const get = (url) => new Promise((ok, no) => http.get(url, (r) => {
	const h = crypto.createHash("sha256");
	r.on("data", (d) => h.update(d)).on("end", () => ok(h.digest("hex")));
}).on("error", no));
Promise.all(Array.from({length: 10}, () => get(process.argv[2]))).then((all) => {
	if (!all.every((x) => x === want)) { console.log(all); process.exit(1); }
});
END
cat > cluster.js <<'END'
const cluster = require("cluster"), http = require("http");
if (cluster.isPrimary) {
	const seen = new Set();
	let ready = 0;
	for (let i = 0; i < 2; i++) cluster.fork();
	cluster.on("listening", async () => {
		if (++ready < 2) return;
		for (let i = 0; i < 20; i++) {
			const r = await new Promise((ok, no) => http.get({ port: 9101, agent: false }, (r) => {
				let t = ""; r.on("data", (d) => t += d).on("end", () => ok(t));
			}).on("error", no));
			seen.add(r);
		}
		console.log(seen.size);
		for (const w of Object.values(cluster.workers)) w.kill();
		process.exit(seen.size === 2 ? 0 : 1);
	});
} else {
	http.createServer((q, s) => s.end(String(process.pid))).listen(9101);
}
END
same() {
	[ "$("$@" | sum)" = "$expected" ]
}
post() {
	[ "$(curl -sS --data-binary @file http://127.0.0.1:9100/ | sum)" = "$expected" ]
}
serve node server.js
server=$!
await "node listens" listening 9100
check "curl" same get http://127.0.0.1:9100/
check "curl, IPv6" same get 'http://[::1]:9100/'
check "curl, a body there and back" post
check "node fetches, ten at once" node client.js http://127.0.0.1:9100/ "$expected"
check "apart from node: wrk" test "$(wrk -t 1 -c 10 -d 1 http://127.0.0.1:9100/ | grep -cE 'Socket errors')" = 0
kill $server
serve busybox httpd -f -p 127.0.0.1:9102 -h .
await "another server listens" listening 9102
check "node fetches from it" node client.js http://127.0.0.1:9102/file "$expected"
check "a cluster: two processes accept" node cluster.js
plan
