#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# calls.sh - the C API does what the host's kernel does, call by call
#
# Runs calls on the host's kernel, in a network namespace of its own, and on the
# library; every line must be the same. A test is a call, named by its subject, its
# number there, and its text. Needs root or unprivileged user namespaces.
#
# timeout: 180
set -u
calls=${CALLS:-build/test/platform/calls}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# Where the library is right to differ because its kernel is older than the host's. A
# line: of the releases in kernel/releases the first that does as the host; the line of
# an older one, without its number; what changed between them. It counts where the
# library is from before and the host is not.
known() {
	cat <<- 'END'
		6.12 | tcp_options getsockopt(s, SOL_SOCKET, SO_PEEK_OFF) = -1 EOPNOTSUPP | TCP has it now (inet_stream_ops.set_peek_off)
		6.12 | netlink ask(s, RTM_DELADDR, NLM_F_ACK, &loop, sizeof(loop), IFA_LOCAL, addr, 4) = 32 {error -99 flags 0x100} | inet_rtm_deladdr() says why, so the answer has NLM_F_ACK_TLVS
		6.12 | mptcp getsockopt(a, IPPROTO_TCP, 43) = -1 EOPNOTSUPP | TCP_IS_MPTCP is new
		6.12 | mptcp6 getsockopt(a, IPPROTO_TCP, 43) = -1 EOPNOTSUPP | TCP_IS_MPTCP is new
		6.12 | mptcp getsockopt(a, IPPROTO_TCP, 43) = -1 ENOPROTOOPT | the same, on plain TCP
		6.12 | mptcp6 getsockopt(a, IPPROTO_TCP, 43) = -1 ENOPROTOOPT | the same, on plain TCP
		6.12 | mptcp getsockopt(plain, IPPROTO_TCP, 43) = -1 ENOPROTOOPT | the same
		6.12 | mptcp6 getsockopt(plain, IPPROTO_TCP, 43) = -1 ENOPROTOOPT | the same
	END
}

if [ "$(id -u)" = 0 ]; then
	apart=(unshare -n)
else
	apart=(unshare -r -n)
fi
if ! "${apart[@]}" true; then
	echo "neither root nor a user namespace to be root in"
	exit 77
fi

"${apart[@]}" "$calls" host > "$dir/host"
host=$?
"$calls" lib > "$dir/lib"
lib=$?
if [ $host = 77 ] || [ $lib = 77 ]; then
	echo "Bail out! calls cannot run here: see above"
	exit 1
fi
if [ $host != 0 ]; then
	grep -v ' = ' "$dir/host" | sed 's/^/# /'
	echo "Bail out! calls ends with $host on the host"
	exit 1
fi

# Lines are "SUBJECT NNN CALL = RESULT"; others say that a subject died.
known > "$dir/known"
awk -v release="${LIBOS_RELEASE:-}" -v host="$(uname -r)" '
	function key(line) {
		split(line, part, " ")
		return part[1] " " part[2]
	}
	function unnumbered(line) {
		sub(/ [0-9]+ /, " ", line)
		return line
	}
	# Release a is before release b
	function before(a, b, x, y) {
		split(a, x, ".")
		split(b, y, ".")
		return x[1] + 0 != y[1] + 0 ? x[1] + 0 < y[1] + 0 : x[2] + 0 < y[2] + 0
	}
	FILENAME ~ /known$/ {
		split($0, part, " \\| ")
		if (before(release, part[1]) && !before(host, part[1]))
			reason[part[2]] = part[3]
		next
	}
	FILENAME ~ /lib$/ {
		if (/ = /)
			lib[key($0)] = $0
		else if (NF)
			died[$1] = $0
		next
	}
	{
		n++
		got = lib[key($0)]
		if (got == $0) {
			printf "ok %d - %s\n", n, $0
		} else if (unnumbered(got) in reason) {
			printf "ok %d - %s\n# known: %s\n", n, got, reason[unnumbered(got)]
		} else {
			printf "not ok %d - %s\n#    host: %s\n# library: %s\n", n, key($0), $0, got
			if (got == "" && $1 in died)
				printf "# since: %s\n", died[$1]
			bad++
		}
	}
	END {
		printf "1..%d\n", n
		exit bad > 0
	}
' "$dir/known" "$dir/lib" "$dir/host"
