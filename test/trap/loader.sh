#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# loader.sh: programs of every form, and started in every way
#
# release: none
set -u
. test/trap/lib.sh

for form in pie no-pie static static-pie execstack; do
	same "$form" env -i A=1 B=two "$program/loaded-$form" one "two words" ""
done
same "no limit for the stack" bash -c "ulimit -s unlimited; exec env -i A=1 $program/loaded-pie x"
same "small stack" bash -c "ulimit -s 256; exec env -i A=1 $program/loaded-no-pie x"
same "no randomization" setarch -R env -i A=1 "$program/loaded-pie" x

# Addresses are random, as the kernel's are, and fixed where asked for
spread() {
	for _ in 1 2 3 4 5 6; do
		"$@" sed -n '/sed$/{s/-.*//p;q}' /proc/self/maps
	done | sort -u | wc -l
}
if [ "$(spread "$build/null")" -ge 5 ]; then ok "PIE base is random"; else not_ok "PIE base"; fi
same "PIE base without randomization" setarch -R sed -n '/sed$/{s/-.*//p;q}' /proc/self/maps

printf '#!/bin/bash\necho "$0" "$@"\n tr "\\0" " " < /proc/$$/cmdline; cat /proc/$$/comm\n' > "$work/script"
chmod +x "$work/script"
same "script at the start" "$work/script" a b
same "program not there" env /no/such/program

# Without privilege, where the filter takes NO_NEW_PRIVS
chmod 755 "$work"
mkdir "$work/bin"
cp "$build/null" "$build/probe" "$build/probe_fork" "$program/loaded-pie" "$work/bin/"
chmod -R a+rX "$work/bin"
if [ "$(id -u)" = 0 ]; then
	run "$work/native" setpriv --reuid=65534 --regid=65534 --clear-groups \
		env -i A=1 "$work/bin/loaded-pie"
	run "$work/trap" setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$work/bin/probe" env -i A=1 "$work/bin/loaded-pie"
	compare "as nobody"
else
	skip "as nobody" "this is not root"
fi

run "$work/trap" "$build/probe" /no/such/program
[ "$(cat "$work/trap.status")" = 127 ] && ok "not found is 127" || not_ok "not found is 127"
run "$work/trap" "$build/probe" /etc/passwd
[ "$(cat "$work/trap.status")" = 126 ] && ok "not executable is 126" || not_ok "not executable is 126"
plan
