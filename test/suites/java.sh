# SPDX-License-Identifier: GPL-2.0
# java.sh: Java's own tests of sockets, channels, selectors, datagrams, groups, interfaces, SCTP; what closes
# under a thread that waits, which signals and dup2() make an end of
# timeout: 1800

PARTS='com/sun/nio/sctp java/net/BindException java/net/DatagramPacket java/net/DatagramSocket
	java/net/Inet4Address java/net/Inet6Address java/net/InetAddress java/net/InterfaceAddress
	java/net/MulticastSocket java/net/NetworkInterface java/net/PlainSocketImpl
	java/net/PortUnreachableException java/net/ServerSocket java/net/Socket java/net/SocketImpl
	java/net/SocketInputStream java/net/SocketOption java/net/Socks java/net/ipv6tests
	java/nio/channels/AsyncCloseAndInterrupt.java java/nio/channels/AsynchronousServerSocketChannel
	java/nio/channels/AsynchronousSocketChannel java/nio/channels/DatagramChannel
	java/nio/channels/Pipe java/nio/channels/Selector java/nio/channels/ServerSocketChannel
	java/nio/channels/SocketChannel java/nio/channels/unixdomain java/nio/channels/etc
	java/nio/channels/spi jdk/net'

# Of the source the tests are enough. Two libraries in C go with them.
prepare() {
	local jdk name at=$SUITES/src/openjdk-17/test
	source_package openjdk-17 || return
	find "$SUITES/src/openjdk-17" -mindepth 1 -maxdepth 1 ! -name test -exec rm -rf {} + &&
		mkdir -p "$at/native" || return
	jdk=$(readlink -f "$(command -v javac)")
	jdk=${jdk%/bin/javac}
	for name in java/net/Socket/libNativeThread \
		java/nio/channels/spi/SelectorProvider/inheritedChannel/libInheritedChannel; do
		gcc -shared -fPIC -I "$jdk/include" -I "$jdk/include/linux" -I "$at/lib/native" \
			-o "$at/native/${name##*/}.so" "$at/jdk/$name.c" || return
	done
}

suite() {
	local jdk device=lo at=$SUITES/src/openjdk-17/test
	jdk=$(readlink -f "$(command -v javac)")
	# Groups want a device that has them, which lo is not
	if ip link add d0 type dummy; then
		device=d0
		ip addr add 10.0.0.1/24 dev d0 && ip link set d0 up multicast on
	fi 2> /dev/null
	ip route add 224.0.0.0/4 dev $device
	# shellcheck disable=SC2086
	(cd "$at/jdk" && jtreg -jdk:"${jdk%/bin/javac}" -agentvm -conc:2 -timeoutFactor:3 -ignore:quiet -a \
		-exclude:ProblemList.txt -nativepath:"$at/native" -verbose:summary \
		-r:"$HOME/report" -w:"$HOME/work" $PARTS 2>&1) | sed -unE '
		s/^Passed: (.*)/ok - \1/p
		s/^(FAILED|Failed|Error): +([a-z]+\/.*)/not ok - \2/p
		s/^(Skipped): (.*)/ok - \2 # SKIP/p'
}
