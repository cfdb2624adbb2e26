# SPDX-License-Identifier: GPL-2.0
# perl.sh: the tests that come with Perl, and with what is written in it, of sockets,
# protocols, TLS, event loops and a web server
# timeout: 600

PACKAGES='libanyevent-perl libio-socket-ssl-perl libmojolicious-perl libsocket6-perl'

prepare() {
	local name
	for name in perl $PACKAGES; do
		source_package "$name" || return
	done
}

# of FOLDER PATTERN...: tests, in FOLDER of the sources, as their authors run them
of() {
	local at=$1 name status
	shift
	for name in $(cd "$SUITES/src/$at" && eval ls "$*" 2> /dev/null); do
		(cd "$SUITES/src/$at" && timeout -k 1 60 perl -I. "$name" 2> "$HOME/err") > out
		status=$?
		# Only what the test itself counts, and not what its authors know not to work
		sed -nE "/# *TODO/d; s/# *[sS][kK][iI][pP]/# SKIP/
			s|^(ok\|not ok)( [0-9]+)?( -)?|\1 - $at $name\2|p
			s|^1\.\.0 # SKIP|ok - $at $name # SKIP|p" out
		[ $status = 0 ] || {
			echo "not ok - $at $name (exit status $status)"
			tail -n 2 err | sed 's/^/# /'
		}
	done
}

suite() {
	of perl/cpan/Socket 't/*.t'
	of perl/cpan/IO-Socket-IP 't/*.t'
	of perl/cpan/HTTP-Tiny 't/*.t'
	of perl/cpan/libnet 't/*.t'
	of perl/dist/IO 't/io_{dup,leak,linenum,pipe,poll,sel,sock,sock_errstr,unix,xs}.t'
	# What is left out speaks to hosts by their names
	of perl/dist/Net-Ping 't/{1*,2*,3*,45*,5*}.t'
	of libsocket6-perl 't/*.t'
	of libio-socket-ssl-perl 't/*.t'
	of libanyevent-perl 't/*.t'
	# Not TEST_TLS: its certificates do not suit Debian's OpenSSL
	export TEST_PREFORK=1 TEST_SUBPROCESS=1 TEST_UNIX=1
	of libmojolicious-perl 't/mojo/{daemon,daemon_*,hypnotoad,ioloop*,prefork,promise*,psgi}.t' \
		't/mojo/{reactor_*,request_cgi,subprocess*,tls,user_agent*,websocket*}.t' \
		't/mojolicious/{*websocket*,longpolling*,proxy_app,tls_lite_app,restful*}.t'
}
