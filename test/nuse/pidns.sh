#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# pidns.sh - programs in a pid namespace of their own start, end and are killed as elsewhere,
# though the owner knows them by other numbers
set -u
. "${0%/*}/lib.sh"

run=("$nuse" --kernel "${LIBOS_RELEASE:-6.12}" --net none --)
inside=(unshare --pid --fork --mount-proc)
[ "$(id -u)" = 0 ] || inside=(unshare --user --map-root-user --pid --fork --mount-proc)
"${inside[@]}" true 2> /dev/null || {
	echo "no pid namespaces here"
	exit 77
}
export work

programs() {
	timeout 60 "${run[@]}" "${inside[@]}" bash -c '
		for i in {1..400}; do
			(exit 7)
			[ $? = 7 ] || exit 1
		done
		[ "$(bash -c "cat < /proc/net/dev" | grep -c lo:)" = 1 ]'
}

# A server that was killed leaves its port to the next
killed() {
	timeout 60 "${run[@]}" "${inside[@]}" bash -c '
		ip link set lo up
		for i in {1..20}; do
			python3 -c "
import socket, time
s = socket.create_server((\"127.0.0.1\", 80))
print(flush=True)
time.sleep(100)" > "$work/ready" & server=$!
			until [ -s "$work/ready" ]; do sleep 0.01; done
			kill -KILL $server
			wait $server 2> /dev/null
			: > "$work/ready"
			[ -z "$(ss -Hltn)" ] || exit 1
		done'
}

named() {
	timeout 60 "${run[@]}" "${inside[@]}" bash -c '
		unshare -n bash -c ": > $work/there; exec sleep 50" & there=$!
		[ $there -lt 30 ] || exit 1
		until [ -e "$work/there" ]; do sleep 0.01; done
		ip link add v0 type veth peer name v1 && ip link set v1 netns $there &&
			nsenter -t $there -n ip link show v1 && ! ip link show v1
		status=$?
		kill $there
		exit $status'
}

nested() {
	timeout 60 "${run[@]}" "${inside[@]}" bash -c '
		unshare --pid --fork --mount-proc bash -c "for i in {1..50}; do (true) || exit; done
			exec bash -c \"(exit 7); [ \\\$? = 7 ]\"" &&
			for i in {1..50}; do (true) || exit; done'
}

# The first process of the namespace is the program's child, no helper of nuse's.
with_user() {
	timeout 60 "${run[@]}" bash -c 'ip link add outside type dummy &&
		unshare --user --map-root-user --net --pid --fork --mount-proc bash -c "
			[ \$\$ = 1 ] && (exit 7)
			[ \$? = 7 ] && ip link add inside type dummy && ! ip link show outside" &&
		ip link show outside && ! ip link show inside'
}

# unshare(2) and then, before there is a child, somebody else
becomes() {
	cat > "$work/becomes.py" <<-'END'
		import ctypes, os
		CLONE_NEWUSER, CLONE_NEWPID = 0x10000000, 0x20000000
		assert not ctypes.CDLL(None).unshare(CLONE_NEWPID | (CLONE_NEWUSER if os.getuid() else 0))
		os.setresuid(-1, -1, -1)
		open("/proc/net/dev").read()
		pid = os.fork()
		if not pid:
		    os._exit(os.getpid() + 6)
		assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
	END
	timeout 60 "${run[@]}" python3 "$work/becomes.py"
}

ended() {
	timeout 60 "${run[@]}" "${inside[@]}" bash -c 'sleep 100 & sleep 100 & kill -KILL $$'
	soon nothing_left
}

echo 1..7
programs > "$work/log.1" 2>&1
result "400 programs, one after another" $?
killed > "$work/log.2" 2>&1
result "20 servers are killed" $?
named > "$work/log.3" 2>&1
result "one is named by its number there" $?
nested > "$work/log.4" 2>&1
result "in a namespace in a namespace" $?
ended > "$work/log.5" 2>&1
result "with its first process all are gone, and the stack with them" $?
with_user > "$work/log.6" 2>&1
result "in a user namespace, too" $?
becomes > "$work/log.7" 2>&1
result "of who becomes somebody else before" $?
