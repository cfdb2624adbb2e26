# SPDX-License-Identifier: GPL-2.0
# mosquitto.sh: Mosquitto's own tests of its broker, bridges, library in C and in C++, by TCP and TLS
# (Without what measures the broker's address space, in which the stack is, too; and one that a client which
# has been quicker than its server fails anywhere.)
# timeout: 600

prepare() {
	source_package mosquitto && cd "$SUITES/src/mosquitto/test" || return
	[ ! -e built ] || return 0
	chmod 755 ./*/*.py && make ssl && make -C broker/c && make -C lib test-compile && touch built
}

suite() {
	local part
	cp -r "$SUITES/src/mosquitto/test" . && mkdir -p plugins/dynamic-security &&
		ln -s /usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so plugins/dynamic-security/ && cd test || return
	# The broker becomes another user, and writes here
	chmod -R a+rwX .
	cat > ptest.py <<-'END'
		import os, queue, subprocess, sys, threading

		def run_tests(tests):
		    kind = os.path.basename(os.getcwd())
		    wanted = queue.Queue()
		    for number, (ports, test) in enumerate(tests):
		        if "01-bad-initial-packets" in str(test) or "qos2-maximum-qos-1" in str(test):
		            continue
		        wanted.put(([test] if isinstance(test, str) else list(test),
		                    [str(2000 + 10 * number + i) for i in range(ports)]))

		    def work():
		        while True:
		            try:
		                test, ports = wanted.get_nowait()
		            except queue.Empty:
		                return
		            try:
		                run = subprocess.run(test + ports, stdin=subprocess.DEVNULL, timeout=60, text=True,
		                                     errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
		                status, said = run.returncode, run.stdout
		            except subprocess.TimeoutExpired:
		                status, said = "none: no end", ""
		            line = "not ok" if status else "ok"
		            line += " - " + kind + " " + " ".join(test).replace("./", "").replace(".py", "")
		            if status:
		                line += " (exit status %s)\n# " % status + "\n# ".join(said.splitlines()[-6:])
		            print(line, flush=True)

		    threads = [threading.Thread(target=work) for _ in range(3)]
		    for thread in threads:
		        thread.start()
	END
	for part in broker lib; do
		(cd "$part" && ./test.py)
	done
}
