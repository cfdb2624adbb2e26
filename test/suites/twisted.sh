# SPDX-License-Identifier: GPL-2.0
# twisted.sh: Twisted's own tests of its reactors (epoll, poll, select, asyncio, GLib), processes,
# descriptors in messages, and of protocols upon them: SSH, FTP, HTTP, mail, names
# (Without what turns TLS' records around in memory, which goes round for ever with Debian's OpenSSL.)
# timeout: 1800

PARTS='internet.test.test_abstract internet.test.test_asyncioreactor internet.test.test_base
	internet.test.test_core internet.test.test_endpoints internet.test.test_epollreactor
	internet.test.test_fdset internet.test.test_inotify internet.test.test_newtls
	internet.test.test_posixbase internet.test.test_posixprocess internet.test.test_process
	internet.test.test_resolver internet.test.test_sigchld internet.test.test_socket
	internet.test.test_stdio internet.test.test_tcp internet.test.test_threads
	internet.test.test_time internet.test.test_tls internet.test.test_udp internet.test.test_unix
	python.test.test_sendmsg python.test.test_systemd python.test.test_syslog
	python.test.test_inotify protocols.test.test_basic
	conch.test.test_agent conch.test.test_cftp conch.test.test_conch conch.test.test_endpoints
	conch.test.test_telnet conch.test.test_unix
	web.test.test_cgi web.test.test_distrib web.test.test_http web.test.test_newclient
	web.test.test_proxy web.test.test_webclient web.test.test_wsgi web.test.test_xmlrpc
	mail.test.test_imap mail.test.test_pop3 mail.test.test_smtp
	names.test.test_client names.test.test_names names.test.test_server runner.test.test_procmon
	spread.test.test_pb test.test_amp test.test_application test.test_fdesc test.test_finger
	test.test_ftp test.test_ident test.test_internet test.test_iutils test.test_loopback
	test.test_policies test.test_process test.test_socks test.test_ssl test.test_stdio
	test.test_strports test.test_tcp test.test_tcp_internals test.test_threadpool test.test_threads
	test.test_twistd test.test_udp test.test_unix'

suite() {
	local name
	ip route add 224.0.0.0/4 dev lo
	cat > tap.py <<-'END'
		import os, sys
		from twisted.internet import epollreactor
		epollreactor.install()
		from twisted.trial import reporter, runner

		class Tap(reporter.Reporter):
		    failed = set()
		    def say(self, what, test, more=""):
		        print(what, "-", test.id().removeprefix("twisted."), more, file=out, flush=True)
		    def addSuccess(self, test):
		        self.say("ok", test)
		    def addExpectedFailure(self, test, error, todo=None):
		        self.say("ok", test)
		    def addUnexpectedSuccess(self, test, todo=None):
		        self.say("ok", test)
		    def addSkip(self, test, why):
		        self.say("ok", test, "# SKIP " + " ".join(str(why).split())[:80])
		    def addFailure(self, test, error):
		        if test.id() in self.failed:	# what the same one logged
		            return
		        self.failed.add(test.id())
		        self.say("not ok", test)
		        print("#", " ".join(str(error[1] if isinstance(error, tuple) else error).split())[:200],
		              file=out, flush=True)
		    addError = addFailure

		out = os.fdopen(os.dup(1), "w")
		noise = os.open("noise", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
		os.dup2(noise, 1)	# and that of processes
		run = runner.TrialRunner(Tap, stream=sys.stdout, workingDirectory="trial")
		run.run(runner.TestLoader().loadByNames(["twisted." + sys.argv[1]], recurse=True))
		os._exit(0)	# whatever threads a test has left
	END
	for name in $PARTS; do
		timeout -k 1 150 /usr/bin/python3 tap.py "$name" 2> err < /dev/null || {
			echo "not ok - $name: it did not end well"
			tail -n 2 err | sed 's/^/# /'
		}
	done
}
