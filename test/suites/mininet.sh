# SPDX-License-Identifier: GPL-2.0
# mininet.sh: Mininet's networks of hosts and switches: bridges, Open vSwitch and its controller, links with a
# rate and a delay, a router. By its own interface: what its command mn(1) does at its end, or after an
# error, is to kill by name and to empty /tmp.

suite() {
	cat > nets.py <<-'END'
		"""nets.py NETWORK WHAT: exits with 0 if it holds"""
		import os, re, sys, time
		from mininet.link import TCLink
		from mininet.net import Mininet
		from mininet.node import Node, OVSController, OVSKernelSwitch
		from mininet.nodelib import LinuxBridge
		from mininet.topo import LinearTopo, SingleSwitchTopo, Topo
		from mininet.topolib import TreeTopo


		class Router(Node):
		    def config(self, **params):
		        super().config(**params)
		        self.cmd("sysctl -w net.ipv4.ip_forward=1")


		class Routed(Topo):
		    def build(self):
		        router = self.addNode("r0", cls=Router, ip="10.0.1.1/24")
		        for i in 1, 2:
		            host = self.addHost(f"h{i}", ip=f"10.0.{i}.2/24", defaultRoute=f"via 10.0.{i}.1")
		            self.addLink(host, router, intfName2=f"r0-eth{i}", params2={"ip": f"10.0.{i}.1/24"})


		def bridges():
		    return Mininet(SingleSwitchTopo(3), switch=LinuxBridge, controller=None)

		def chain():
		    return Mininet(LinearTopo(4), switch=LinuxBridge, controller=None)

		def openflow():
		    return Mininet(TreeTopo(2, 2), switch=OVSKernelSwitch, controller=OVSController)

		def slow():
		    # Two hosts' links, each with 10 ms in each direction
		    return Mininet(SingleSwitchTopo(2), switch=LinuxBridge, controller=None,
		                   link=lambda *a, **kw: TCLink(*a, **{**kw, "bw": 20, "delay": "10ms"}))

		def routed():
		    return Mininet(Routed(), controller=None)

		def pings(net):
		    return net.pingAll(timeout=2) == 0

		def delay(net):
		    out = net["h1"].cmd("ping -c 3 -i 0.2", net["h2"].IP())
		    rtt = float(re.search(r"= [\d.]+/([\d.]+)/", out).group(1))
		    print(rtt)
		    return 40 <= rtt <= 60

		def rate(net):
		    net["h2"].cmd("iperf3 -s -1 -D")
		    time.sleep(0.5)
		    out = net["h1"].cmd("iperf3 -t 3 -f m -c", net["h2"].IP())
		    print(out)
		    return 15 <= float(re.search(r"([\d.]+) Mbits/sec +receiver", out).group(1)) <= 21

		def web(net):
		    server, client = net.hosts[0], net.hosts[-1]
		    server.cmd("cd www && python3 -m http.server 80 > ../www.log 2>&1 &")
		    time.sleep(1)
		    return "a page" in client.cmd("curl -s --retry 3 --retry-connrefused", server.IP())

		def flows(net):
		    pings(net)
		    # One of Open vSwitch's kernel part for what was last sent
		    net["h1"].cmd("ping -c 2 -i 0.2", net["h2"].IP())
		    return "actions:" in net["s1"].cmd("ovs-appctl dpctl/dump-flows")

		def link_down(net):
		    net.configLinkStatus("h1", "s1", "down")
		    lost = net.ping([net["h1"], net["h2"]], timeout=1)
		    net.configLinkStatus("h1", "s1", "up")
		    return lost == 100 and net.ping([net["h1"], net["h2"]], timeout=2) == 0

		os.makedirs("www", exist_ok=True)
		open("www/index.html", "w").write("a page")
		of, what = sys.argv[1:]
		net = globals()[of]()
		net.start()
		if of == "openflow":
		    net.waitConnected(timeout=20)
		good = globals()[what](net)
		net.stop()
		sys.exit(not good)
	END
	LIMIT=40
	for test in pings web link_down; do
		check "bridges: $test" /usr/bin/python3 nets.py bridges $test
	done
	for test in pings web; do
		check "chain: $test" /usr/bin/python3 nets.py chain $test
		check "routed: $test" /usr/bin/python3 nets.py routed $test
	done
	for test in pings delay rate; do
		check "slow: $test" /usr/bin/python3 nets.py slow $test
	done

	export OVS_RUNDIR=$PWD/ovs OVS_SYSCONFDIR=$PWD/ovs OVS_DBDIR=$PWD/ovs OVS_LOGDIR=$PWD/ovs
	mkdir ovs
	ovsdb-tool create ovs/conf.db /usr/share/openvswitch/vswitch.ovsschema
	serve ovsdb-server --remote="punix:$OVS_RUNDIR/db.sock" --pidfile
	await "Open vSwitch's database" ovs-vsctl --no-wait init
	serve ovs-vswitchd --pidfile
	await "Open vSwitch" ovs-vsctl --timeout=5 show
	for test in pings web flows; do
		check "openflow: $test" /usr/bin/python3 nets.py openflow $test
	done
	stop
	rm -f /tmp/c0.log	# Mininet's controller's
}
