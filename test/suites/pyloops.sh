# SPDX-License-Identifier: GPL-2.0
# pyloops.sh: the tests that come with Python's event loops and what is like them: Trio, Tornado by asyncio's
# and by libuv's loop, ZeroMQ's threads; and with psutil, which reads /proc/net and who has which descriptor
# timeout: 900

suite() {
	local name
	ip route add 224.0.0.0/4 dev lo
	cat > tap.py <<-'END'
		import os, sys
		if os.environ.get("LOOP") == "uvloop":
		    import uvloop
		    uvloop.install()

		out = open("lines", "w")
		def say(what, report, more=""):
		    name = report.nodeid.replace("::()", "").replace("\n", " ")
		    print(what, "-", os.environ["WHAT"], name, more, file=out, flush=True)

		failed = set()
		def pytest_runtest_logreport(report):
		    if report.failed:
		        if report.nodeid not in failed:
		            say("not ok", report)
		            print("#", str(report.longrepr)[-300:].replace("\n", "\n# "), file=out, flush=True)
		        failed.add(report.nodeid)
		    elif report.skipped:
		        why = getattr(report, "wasxfail", report.longrepr and report.longrepr[2])
		        say("ok", report, "# SKIP " + " ".join(str(why).split())[:80])
		    elif report.when == "call":
		        say("ok", report)

		# Halves of tests, which tornado's own runner does not take for such; what wants mypy and Cython
		def pytest_collection_modifyitems(items):
		    items[:] = [i for i in items if not any(name in i.nodeid for name in
		                ("Mixin::", "linear_performance", "test_exports.py", "test_cython.py", "test_gen_exports.py"))]

		def pytest_collectreport(report):
		    if report.failed:
		        say("not ok", report, "(not loaded)")
	END
	of trio trio.tests
	of tornado tornado.test
	LOOP=uvloop of tornado-uvloop tornado.test
	of zmq zmq.tests
	# Not what takes somebody else's descriptors for his alone (a program has a twin, doc/nuse.md), or
	# wants ten interpreters within five seconds
	of psutil psutil.tests.test_{connections,linux,process,system} \
		-k "(net or conn or Conn) and not (test_unix_ or multi_sockets)"
}

# of WHAT PACKAGE...: its tests
of() {
	export WHAT=$1
	shift
	# 1: all has run, and something failed
	PYTHONPATH=. timeout -k 1 250 /usr/bin/python3 -m pytest -p tap -p no:terminal -p no:cacheprovider \
		--pyargs "$@" 2> err > noise < /dev/null
	[ $? -le 1 ] || {
		echo "not ok - $WHAT: it did not end well"
		tail -n 2 err | sed 's/^/# /'
	}
	cat lines
}
