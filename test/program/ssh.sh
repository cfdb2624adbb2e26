#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# ssh.sh: sshd with its own configuration and keys; commands, copies, forwarding
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

if ! grep -qx "$(getent passwd "$(id -un)" | cut -d: -f7)" /etc/shells; then
	skip ssh "$(id -un) may not log in"
	plan
fi
ip link set lo up
chmod 700 .
mkdir -p /run/sshd 2> /dev/null
for name in host user; do
	ssh-keygen -q -t ed25519 -N "" -f $name
done
cp user.pub authorized
cat > sshd_config <<END
Port 2222
ListenAddress 127.0.0.1
ListenAddress ::1
HostKey $PWD/host
AuthorizedKeysFile $PWD/authorized
PidFile $PWD/sshd.pid
StrictModes no
UsePAM no
PermitRootLogin yes
Subsystem sftp internal-sftp
END
cat > ssh_config <<END
Host *
	Port 2222
	User $(id -un)
	IdentityFile $PWD/user
	IdentitiesOnly yes
	UserKnownHostsFile $PWD/known
	BatchMode yes
END
echo "[127.0.0.1]:2222,[::1]:2222 $(cat host.pub)" > known
run() {
	ssh -F ssh_config "$@"
}
export -f run
head -c 5000000 /dev/urandom > sent

serve /usr/sbin/sshd -D -e -f "$PWD/sshd_config"
server=$!
await "sshd listens" listening 2222
check "a command" test "$(run 127.0.0.1 'echo $((6 * 7))' 2>> serve.log)" = 42
check "IPv6" test "$(run ::1 'echo yes')" = yes
check "its exit status" test "$(run 127.0.0.1 'exit 7'; echo $?)" = 7
check "standard input and output" test "$(run 127.0.0.1 sha256sum < sent)" = "$(sha256sum < sent)"
check "the connection is the stack's" grep -q '127.0.0.1 .* 2222' <(run 127.0.0.1 'echo $SSH_CONNECTION')
check "the command is on the stack, too" grep -q 127.0.0.1:2222 <(run 127.0.0.1 'ss -Htn state established')

copy() {
	scp -F ssh_config sent 127.0.0.1:"$PWD/copied" && cmp sent copied
}
check "scp" copy

forward() {
	local status
	busybox httpd -f -p 127.0.0.1:8080 -h . &
	run -f -N -L 127.0.0.1:8081:127.0.0.1:8080 -o ControlMaster=yes -S "$PWD/master" 127.0.0.1 || return 1
	[ "$(get http://127.0.0.1:8081/sent | sum)" = "$(sum < sent)" ]
	status=$?
	run -S "$PWD/master" -O exit 127.0.0.1
	kill %1
	return $status
}
check "a forwarded port" forward
ssh-keygen -q -t ed25519 -N "" -f other
check "another key is refused" test "$(run 2> /dev/null -o IdentityFile="$PWD/other" -i other -F /dev/null -p 2222 -o UserKnownHostsFile=known -o BatchMode=yes 127.0.0.1 true; echo $?)" = 255
tty() {
	[ "$(run -tt 127.0.0.1 'tty > /dev/null && stty size > /dev/null && echo terminal' | tr -d '\r')" = terminal ]
}
# sshd leaves a user's own one there: it writes who logged in
if [ "$(id -u)" = 0 ]; then
	check "a terminal" tty
fi
kill $server
wait $server
check "the port is free" test -z "$(ss -Htln 'sport = :2222')"
[ $failures = 0 ] || tail -n 30 serve.log | sed 's/^/# sshd: /'
plan
