# SPDX-License-Identifier: GPL-2.0
# openssh.sh: OpenSSH's own tests: sessions, forwarding by TCP and by sockets with names, agents, copies,
# one connection for many sessions; a daemon that begins itself anew
# timeout: 1500

FROM=/usr/lib/openssh/regress
TESTS='connect proxy-connect connect-privsep connect-uri proto-version proto-mismatch exit-status
	exit-status-signal envpass transfer banner stderr-data stderr-after-eof broken-pipe yes-head
	login-timeout agent agent-getpeereid agent-timeout agent-subprocess keyscan key-options scp scp3
	scp-uri sftp sftp-chroot sftp-cmds sftp-badcmds sftp-batch sftp-glob sftp-perm sftp-uri reconfigure
	dynamic-forward forwarding multiplex reexec brokenkeys cfgmatch cfgmatchlisten localcommand
	forcecommand portnum host-expand keys-command forward-control hostkey-agent hostkey-rotate
	principals-command allow-deny-users authinfo knownhosts knownhosts-command agent-restrict hostbased
	channel-timeout connection-timeout'

# one TEST: in a namespace of its own, since all have the same ports
one() {
	cp "$FROM"/{check-perm,mkdtemp,modpipe,netcat,setuid-allowed} .
	fresh sh "$FROM/test-exec.sh" "$PWD" "$FROM/$1.sh"
}

case_of() {
	local status
	LIMIT=300 limited one "$1"
	status=$?
	if grep -qE '^(SKIPPED|skipped)' check.log; then
		report ok "$1 # SKIP $(grep -m 1 -iE ^skipped check.log)"
	elif [ $status = 0 ]; then
		report ok "$1"
	else
		report "not ok" "$1 (exit status $status)" 6
	fi
}

suite() {
	export FROM TEST_SHELL=sh TEST_SSH_SSH=ssh TEST_SSH_SFTPSERVER=/usr/lib/openssh/sftp-server
	export TEST_SSH_IPV6=yes TEST_SSH_ECC=yes TEST_SSH_UNSAFE_PERMISSIONS=1 SUDO=
	export -f one
	mkdir -p /run/sshd
	# Much of it waits
	# shellcheck disable=SC2086
	together 3 case_of $TESTS
}
