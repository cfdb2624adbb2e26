# SPDX-License-Identifier: GPL-2.0
# cpython.sh: Python's own tests of its modules for sockets, waiting, TLS, protocols, processes, signals
# timeout: 1200

MODULES='asynchat asyncio asyncore docxmlrpc eintr epoll fork1 ftplib httplib httpservers imaplib
	logging nntplib poll poplib select selectors signal smtpd smtplib socket socketserver ssl
	subprocess telnetlib threading threadsignals timeout urllib2_localnet wait3 wait4 wsgiref
	xmlrpc'

# An interpreter of its own: the tests' version has to be the same, and Debian keeps no older
# ones for a system that is behind.
prepare() {
	local at=$SUITES/src/cpython package
	[ ! -e "$at/unpacked" ] || return 0
	mkdir -p "$at" && cd "$at" || return
	for package in python3.11-minimal libpython3.11-minimal libpython3.11-stdlib libpython3.11-testsuite; do
		apt-get -o APT::Sandbox::User= download $package && dpkg -x ${package}_*.deb . || return
	done
	touch unpacked
}

suite() {
	local name at=$SUITES/src/cpython/usr
	cat > tap.py <<-'END'
		import importlib, os, sys, unittest, test.support

		class Tap(unittest.TestResult):
		    failed = set()
		    def say(self, what, test, more=""):
		        print(what, "-", test.id().removeprefix("test."), more, file=out, flush=True)
		    def addSuccess(self, test):
		        self.say("ok", test)
		    def addExpectedFailure(self, test, error):
		        self.say("ok", test)
		    def addSkip(self, test, why):
		        self.say("ok", test, "# SKIP " + " ".join(why.split())[:80])
		    def addFailure(self, test, error):
		        if test.id() in self.failed:	# a case of the same
		            return
		        self.failed.add(test.id())
		        self.say("not ok", test)
		        print("#", " ".join(str(error[1]).split())[:150], file=out, flush=True)
		    addError = addFailure
		    def addUnexpectedSuccess(self, test):
		        self.say("not ok", test)
		    def addSubTest(self, test, subtest, error):
		        if error:
		            self.addFailure(test, error)

		out = sys.stdout
		sys.stdout = open("noise", "a")
		if sys.argv[1] == "test.test_socketserver":
		    test.support.use_resources = ["network"]	# only this host is meant
		else:
		    test.support.use_resources = []
		try:
		    module = importlib.import_module(sys.argv[1])
		    for name in dir(module):
		        if "VSOCK" in name:	# those hang where there is nobody to speak to
		            delattr(module, name)
		    unittest.defaultTestLoader.loadTestsFromModule(module).run(Tap())
		except unittest.SkipTest as why:
		    print("ok -", sys.argv[1], "# SKIP", why, file=out, flush=True)
		os._exit(0)	# whatever threads a test has left
	END
	for name in $MODULES; do
		PYTHONHOME=$at TMPDIR=$PWD timeout -k 1 300 \
			"$at/bin/python3.11" -B tap.py test.test_"$name" 2> err || {
			echo "not ok - $name: it did not end well"
			tail -n 2 err | sed 's/^/# /'
		}
	done
}
