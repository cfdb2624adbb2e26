# SPDX-License-Identifier: GPL-2.0
# tcl.sh: Tcl's own tests of sockets, HTTP, channels and events

prepare() {
	source_package tcl8.6
}

suite() {
	cd "$SUITES/src/tcl8.6/tests" || return
	timeout -k 1 250 tclsh all.tcl -verbose 'pass error body skip' \
		-file 'socket.test http.test http11.test httpold.test chan*.test io.test ioCmd.test event.test' 2>&1 |
		sed -nE 's/^\+\+\+\+ (.*) PASSED$/ok - \1/p; s/^\+\+\+\+ (.*) SKIPPED: (.*)/ok - \1 # SKIP \2/p
			s/^==== (.*) FAILED$/not ok - \1/p'
}
