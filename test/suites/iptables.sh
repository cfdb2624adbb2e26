# SPDX-License-Identifier: GPL-2.0
# iptables.sh: iptables' own tests: every match and target is taken and given back as it was, by
# way of nf_tables and by its own tables; scripts of save, restore, races
# (Without a script that counts what strace tells, which sees the host's calls only.)
# timeout: 700

prepare() {
	source_package iptables
}

# extensions OPTION: of each file of rules
extensions() {
	fresh timeout 250 python3 "$SUITES/src/iptables/iptables-test.py" --host --no-netns "$1" 2>&1 | sed -nE "
		s|^extensions/(.*): .*OK.*|ok - \1 $1|p
		s|^extensions/(.*): ERROR: (line [0-9]+.*)|not ok - \1 $1: \2|p"
}

suite() {
	cp -r "$SUITES/src/iptables/extensions" "$SUITES/src/iptables/iptables" . || return
	rm iptables/tests/shell/testcases/ipt-restore/0017-*
	extensions --nftables
	extensions --legacy
	iptables/tests/shell/run-tests.sh --host 2>&1 | sed -nE '
		/\[EXECUTING\]/d
		s/\x1b\[[0-9]*[AK]//g
		s|^I: \[OK\] +.*/testcases/(.*)|ok - \1|p
		s|^W: \[FAILED\] +.*/testcases/(.*)|not ok - \1|p'
}
