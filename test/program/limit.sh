#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# limit.sh: a limit of address space is the program's own; the stack is not in it
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

cat > limit.py <<'END'
import mmap, resource, sys
MB = 1 << 20
limit = resource.getrlimit(resource.RLIMIT_AS)
assert limit == eval(sys.argv[1]), limit
def fits(size):
    try:
        mmap.mmap(-1, size).close()
        return True
    except OSError as e:
        assert e.errno == 12, e
        return False
END
cat > own.py <<'END'
from limit import *
resource.setrlimit(resource.RLIMIT_AS, (200 * MB, 300 * MB))
assert resource.getrlimit(resource.RLIMIT_AS) == (200 * MB, 300 * MB)
assert resource.prlimit(0, resource.RLIMIT_AS, (250 * MB, 300 * MB)) == (200 * MB, 300 * MB)
assert fits(150 * MB) and not fits(300 * MB)
resource.setrlimit(resource.RLIMIT_AS, (300 * MB, 300 * MB))
try:
    resource.setrlimit(resource.RLIMIT_AS, (300 * MB, 299 * MB))
    assert False
except ValueError:
    pass
END
cat > child.py <<'END'
from limit import *
import socket
assert fits(100 * MB) and not fits(300 * MB)
s = socket.create_server(("127.0.0.1", 0))
c = socket.create_connection(s.getsockname())
END

ip link set lo up
check "it is what the program says" python3 own.py "(-1, -1)"
limited() {
	ulimit -v 200000 && python3 child.py "(204800000, 204800000)"
}
check "a child's, that its shell has set" limited
forever() {
	ulimit -v unlimited && python3 -c 'from limit import *' "(-1, -1)"
}
check "none" forever
plan
