# SPDX-License-Identifier: GPL-2.0
# iperf.sh: throughput tools: iperf3, iperf, nuttcp, qperf, sockperf
# timeout: 240

suite() {
	local to options kind

	serve iperf3 -s
	# Not at 5001, where nuttcp's server takes the data: it ends if that is taken
	serve iperf -s -p 5101
	serve iperf -s -u -p 5102
	serve nuttcp -S --nofork
	serve qperf
	serve sockperf server -p 5103
	serve sockperf server --tcp -p 5104
	for port in 5201 5101 5000 19765 5104; do
		await "port $port" listening $port
	done

	LACKS='SCTP support not available|Protocol not supported|sctp.* not supported'
	for options in "" -R --bidir "-P 4" -Z "-u -b 50M" "-u -b 50M -R" "-u -b 20M -l 8000" \
		"-M 1000" "-C reno" "-C cubic" -N "-w 64K" --sctp "-S 0x20" -V; do
		for to in 127.0.0.1 ::1; do
			# shellcheck disable=SC2086
			check "iperf3 -c $to $options" iperf3 -c $to -t 1 $options
		done
	done
	for options in "" "-P 4" -d -r; do
		# shellcheck disable=SC2086
		check "iperf $options" says '[0-9] .bits/sec' iperf -c 127.0.0.1 -p 5101 -t 1 $options
	done
	for options in "" "-P 4" "-l 1000"; do
		# shellcheck disable=SC2086
		check "iperf -u $options" says '[0-9] .bits/sec' \
			iperf -u -c 127.0.0.1 -p 5102 -b 20M -t 1 $options
	done
	for kind in tcp_bw tcp_lat udp_bw udp_lat sctp_bw sctp_lat; do
		check "qperf $kind" says = qperf 127.0.0.1 -t 1 $kind
	done
	check "sockperf ping-pong, UDP" says Summary sockperf ping-pong -i 127.0.0.1 -p 5103 -t 1
	check "sockperf ping-pong, TCP" says Summary sockperf ping-pong --tcp -i 127.0.0.1 -p 5104 -t 1
	for options in "" -r "-u -R20m" -N4; do
		# shellcheck disable=SC2086
		check "nuttcp $options" says Mbps nuttcp -T1 $options 127.0.0.1
	done
}
