# SPDX-License-Identifier: GPL-2.0
# tdc.sh: the kernel's own tests of tc, tools/testing/selftests/tc-testing: queueing
# disciplines, filters and actions, each case in a namespace of its own
#
# Those of the release that the library's kernel is of. tdc.py skips what adds and deletes a
# million filters, for want of a real device. Debian 12's iproute2 fails five cases of u32 (it
# prints "*flowid") and three of infra/actions ("Command line is not complete") on any kernel.
# timeout: 1800

prepare() {
	local release at
	for release in 6.12 6.1; do
		selftests $release || return
		at=$SUITES/src/linux-$release/tools/testing/selftests/tc-testing
		# As either release's cases call it
		clang -O2 -target bpf -idirafter "/usr/include/$(gcc -print-multiarch)" \
			-c "$at/action.c" -o "$at/action-ebpf" &&
			cp "$at/action-ebpf" "$at/action.o" || return
	done
}

# tdc.py as it is; it asks for more descriptors than some users may have, and need not
tdc='
import resource, runpy
resource.setrlimit = lambda *limit: None
runpy.run_path("tdc.py", run_name="__main__")'

# again FILE ID...: what tdc.py says of FILE's cases, or of these; the names of those that it
# did not come to, since the set-up of one before them failed, are in `left`
again() {
	local file=$1 said=$here/${1//\//-} only=()
	shift
	[ $# = 0 ] || only=(-e "$@")
	rm -f "$said"
	timeout -k 5 300 python3 -c "$tdc" -f "$file" --outfile "$said" "${only[@]}" > "$said.log" 2>&1
	if [ ! -s "$said" ]; then
		echo "not ok - ${file#*/}"
		tail -n 3 "$said.log" | sed 's/^/# /'
		left=()
		return
	fi
	sed -nE "/# skipped - skipped - previous/d
		s|^((not )?ok) [0-9]+ ([0-9a-f]+) - |\1 - ${file#*/}: \3 |; T; s/# skipped/# SKIP/; p" "$said"
	mapfile -t left < <(sed -nE \
		's/^ok [0-9]+ ([0-9a-f]+) .*# skipped - skipped - previous.*/\1/p' "$said")
}

cases() {
	local file left
	for file in tc-tests/*/*.json; do
		again "$file"
		while [ ${#left[@]} -gt 0 ]; do
			again "$file" "${left[@]}"
		done
	done
}

suite() {
	export here=$PWD tdc
	export -f again cases
	cd "$SUITES/src/linux-${LIBOS_RELEASE:-6.12}/tools/testing/selftests/tc-testing" || return
	# tdc.py takes the namespace of process 1 for the one that it runs in
	if [ /proc/1/ns/net -ef /proc/self/ns/net ]; then
		cases
	else
		unshare --pid --fork --mount-proc bash -c cases
	fi
}
