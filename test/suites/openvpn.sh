# SPDX-License-Identifier: GPL-2.0
# openvpn.sh: OpenVPN's own tests: a device, its addresses and routes by netlink are those that ip makes;
# two ends of a tunnel over loopback
# timeout: 600

prepare() {
	source_package openvpn || return
	cd "$SUITES/src/openvpn" || return
	[ ! -e built ] || return 0
	autoreconf -fi && ./configure --disable-lzo --disable-lz4 --disable-plugin-auth-pam CFLAGS=-O1 &&
		make -j2 && make -C tests/unit_tests check TESTS= && touch built
}

suite() {
	local status
	cd "$SUITES/src/openvpn/tests" || return
	bash ./t_net.sh > "$HOME/net" 2>&1
	status=$?
	sed -nE 's/^(Test [0-9]+): OK/ok - netlink \1/p' "$HOME/net"
	[ $status = 0 ] || {
		echo "not ok - netlink"
		tail -n 5 "$HOME/net" | sed 's/^/# /'
	}
	cd "$HOME" && cp -r "$SUITES/src/openvpn"/{sample,tests} . || return
	LIMIT=300 srcdir=$PWD/tests top_srcdir=$PWD top_builddir=$SUITES/src/openvpn check "two ends" \
		sh tests/t_cltsrv.sh
}
