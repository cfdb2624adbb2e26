#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# programs.sh: unmodified programs, their output byte by byte that of a native run
#
# release: none
# timeout: 600
set -u
. test/trap/lib.sh
cd "$work" || exit 1
export HOME=$work LC_ALL=C GIT_CONFIG_NOSYSTEM=1

# have PROGRAM: or skip
have() {
	command -v "$1" > /dev/null && return 0
	skip "$1" "not installed"
	return 1
}

same "ls" ls -l /usr/bin
same "dash" dash -c 'for i in 1 2 3; do echo $i | cat | tr 1-3 a-c; done; (exit 3) || echo $?; trap "echo bye" EXIT'
# shellcheck disable=SC2016
same "bash" bash -c 'for i in $(seq 40); do echo $i | sed s/1/x/ | tail -n 1; done
	sleep 0.05 & wait $!; echo $?; cat <(echo sub) <<< here; type nosuch; nosuch; echo $?
	trap "echo caught" USR1; kill -USR1 $$; kill -TERM $$'
same "find, xargs, sort" bash -c 'find /usr/share/doc -name copyright | head -n 500 | xargs -n 50 md5sum | sort | tail -n 20'
same "tar and gzip" bash -c 'tar -C /usr/include -czf - linux | tar -tzf - | sort | md5sum'

cat > threads.py <<'END'
import threading, subprocess, os, socket, signal, sys
out = []
def work(n):
    r = subprocess.run(["sh", "-c", f"echo {n}; exit {n}"], capture_output=True)
    out.append((r.returncode, r.stdout))
threads = [threading.Thread(target=work, args=(n,)) for n in range(12)]
[t.start() for t in threads]; [t.join() for t in threads]
print(sorted(out))
a, b = socket.socketpair()
pid = os.fork()
if not pid:
    b.sendall(b"x" * 100000); os._exit(5)
n = 0
while n < 100000: n += len(a.recv(4096))
print(n, os.waitpid(pid, 0)[1])
try: subprocess.run(["/no/such"])
except FileNotFoundError as e: print(e)
try: subprocess.run(["/tmp"])
except PermissionError as e: print(e)
signal.signal(signal.SIGALRM, lambda *a: print("alarm"))
signal.setitimer(signal.ITIMER_REAL, 0.02)
print(a.recv(1) if 0 else signal.sigwait([signal.SIGALRM]) if 0 else signal.pause())
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
c = socket.create_connection(s.getsockname()); d, _ = s.accept()
c.sendall(b"hello"); print(d.recv(10)); print(sys.executable)
END
same "python3: threads, children, sockets, signals" python3 threads.py
cat > pool.py <<'END'
import multiprocessing as m
def f(x): return x * x
if __name__ == "__main__":
    for how in ("fork", "spawn", "forkserver"):
        with m.get_context(how).Pool(3) as p: print(how, sum(p.map(f, range(200))))
END
same "python3: multiprocessing" python3 pool.py
cat > loop.py <<'END'
import asyncio
async def serve(r, w):
    w.write((await r.readline()).upper()); await w.drain(); w.close()
async def main():
    s = await asyncio.start_server(serve, "127.0.0.1", 0)
    async def client(n):
        r, w = await asyncio.open_connection(*s.sockets[0].getsockname())
        w.write(b"line %d\n" % n); return (await r.readline()).decode().strip()
    print(await asyncio.gather(*(client(n) for n in range(50))))
    p = await asyncio.create_subprocess_exec("echo", "child", stdout=-1)
    print(await p.communicate())
asyncio.run(main())
END
same "python3: asyncio" python3 loop.py

if have git; then
	cat > repository.sh <<-'END'
		set -e
		rm -rf r c; git init -q -b main r; cd r
		git config user.name n; git config user.email e@x
		export GIT_AUTHOR_DATE="2020-01-01T00:00:00Z" GIT_COMMITTER_DATE="2020-01-01T00:00:00Z"
		for i in 1 2 3 4 5; do echo $i > f$i; git add .; git commit -qm "c $i"; done
		git log --oneline | cat; git gc -q; git clone -q . ../c; cd ../c; git log --stat | md5sum
		git diff HEAD~2 | cat; git fsck 2>&1
	END
	same "git" bash repository.sh
fi
if have curl; then
	same "curl, file" curl -s file:///etc/passwd
	same "curl, refused" curl -s http://127.0.0.1:1/
fi
if have busybox; then
	# shellcheck disable=SC2016
	same "busybox, static" busybox sh -c 'busybox ls /; echo x | busybox tr x y; for i in 1 2 3; do busybox expr $i + 1; done; busybox nosuch; readlink /proc/self/exe'
fi
if have node; then
	cat > n.js <<-'END'
		const { execSync, spawn, fork } = require("child_process");
		const http = require("http"), { Worker, isMainThread, parentPort } = require("worker_threads");
		if (!isMainThread) { parentPort.postMessage("worker"); return; }
		if (process.argv[2]) { process.send("forked"); return; }
		console.log(process.execPath, execSync("echo hi").toString());
		const server = http.createServer((q, r) => r.end("page " + q.url)).listen(0, "127.0.0.1", () =>
			http.get({ port: server.address().port, path: "/x" }, r => {
				r.on("data", d => console.log(d.toString()));
				r.on("end", () => { server.close();
					new Worker(__filename).on("message", m => { console.log(m);
						fork(__filename, ["1"]).on("message", m => { console.log(m);
							spawn("/no/such").on("error", e => console.log(e.code)); }); }); });
			}));
	END
	same "node" node n.js
fi
if have go; then
	cat > g.go <<-'END'
		package main
		import ("fmt"; "io"; "net"; "net/http"; "os"; "os/exec"; "os/signal"; "runtime"; "sync"; "syscall"; "time")
		func deep(n int) int { var a [100]int; if n == 0 { return a[5] }; return deep(n-1) + a[n%100] }
		func main() {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil { panic(err) }
			go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) }))
			var wg sync.WaitGroup; var mu sync.Mutex; n := 0
			for i := 0; i < 200; i++ { wg.Add(1); go func(i int) { defer wg.Done()
				r, err := http.Get(fmt.Sprintf("http://%s/%d", l.Addr(), i))
				if err != nil { fmt.Println(err); return }
				b, _ := io.ReadAll(r.Body); r.Body.Close(); deep(1000); if i%20 == 0 { runtime.GC() }
				mu.Lock(); n += len(b); mu.Unlock() }(i) }
			wg.Wait(); fmt.Println(n)
			for i := 0; i < 10; i++ { o, err := exec.Command("echo", "child").Output(); if i == 0 { fmt.Println(string(o), err) } }
			_, err = exec.Command("/no/such").Output(); fmt.Println(err)
			c := make(chan os.Signal, 1); signal.Notify(c, syscall.SIGUSR1); syscall.Kill(os.Getpid(), syscall.SIGUSR1)
			select { case s := <-c: fmt.Println(s); case <-time.After(5 * time.Second): fmt.Println("no signal") }
			defer func() { fmt.Println(recover()); e, _ := os.Executable(); fmt.Println(e) }()
			var p *int; fmt.Println(*p)
		}
	END
	if CGO_ENABLED=0 GOCACHE=$work/go GOFLAGS=-mod=mod go build -o g g.go > go.log 2>&1; then
		same "go, static" ./g
	else
		skip "go" "$(tail -n 1 go.log)"
	fi
fi
if have java; then
	cat > J.java <<-'END'
		import java.net.*; import java.util.*; import java.io.*;
		public class J {
			static int deep(int n) { return deep(n + 1) + 1; }
			public static void main(String[] a) throws Exception {
				ServerSocket s = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
				Thread t = new Thread(() -> { try { Socket c = s.accept(); c.getOutputStream().write("hello\n".getBytes()); c.close(); } catch (IOException e) { } });
				t.start();
				System.out.println(new BufferedReader(new InputStreamReader(new Socket(s.getInetAddress(), s.getLocalPort()).getInputStream())).readLine());
				try { Object o = a.length > 5 ? a : null; o.hashCode(); } catch (NullPointerException e) { System.out.println("null"); }
				try { deep(0); } catch (StackOverflowError e) { System.out.println("overflow"); }
				Process p = new ProcessBuilder("echo", "child").start();
				System.out.println(new BufferedReader(new InputStreamReader(p.getInputStream())).readLine() + p.waitFor());
				try { new ProcessBuilder("/no/such").start(); } catch (IOException e) { System.out.println(e.getMessage()); }
			}
		}
	END
	if command -v javac > /dev/null; then
		javac J.java && same "java" java J
	else
		same "java -version" java -version
		skip "java" "no compiler"
	fi
fi
if have nginx || [ -x /usr/sbin/nginx ]; then
	nginx=$(PATH=$PATH:/usr/sbin command -v nginx)
	mkdir -p ng/logs
	cat > ng/conf <<-END
		master_process on; worker_processes 2; pid $work/ng/pid; error_log $work/ng/logs/error;
		events { }
		http { access_log off; client_body_temp_path $work/ng/b; proxy_temp_path $work/ng/p;
			fastcgi_temp_path $work/ng/f; uwsgi_temp_path $work/ng/u; scgi_temp_path $work/ng/s;
			server { listen 127.0.0.1:8931; location / { return 200 "page\n"; } } }
	END
	cat > web.sh <<-END
		$nginx -t -p $work/ng -c $work/ng/conf -e $work/ng/logs/error
		$nginx -p $work/ng -c $work/ng/conf -e $work/ng/logs/error || exit 1
		for i in \$(seq 20); do curl -s http://127.0.0.1:8931/; done
		kill -HUP \$(cat $work/ng/pid); sleep 0.3; curl -s http://127.0.0.1:8931/
		kill -QUIT \$(cat $work/ng/pid); sleep 0.5; [ -e $work/ng/pid ] && echo left || echo stopped
	END
	same "nginx, two workers" bash web.sh
fi
plan
