#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# bpf.sh: bpf(2) is the stack's: bpftool's maps, programs and names; what /proc says of files
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

says() {
	local pattern=$1 out
	shift
	out=$("$@" 2>&1)
	echo "$out"
	grep -qE -- "$pattern" <<< "$out"
}
in_json() {
	"${@:2}" | /usr/bin/python3 -c 'import json, sys; d = json.load(sys.stdin); assert eval(sys.argv[1]), d' "$1"
}
ip link set lo up

check "the host's programs are not seen" in_json 'd == []' bpftool -j prog
check "a namespace" ip netns add x
check "/sys/fs/bpf is in it" test "$(ip netns exec x stat -f -c %T /sys/fs/bpf)" = bpf_fs
check "/sys/fs/bpf" test "$(stat -f -c %T /sys/fs/bpf)" = bpf_fs
export pins=/sys/fs/bpf
for v in "array 4 8" "hash 4 8" "lru_hash 4 8" "percpu_array 4 8" "lpm_trie 8 8 1" "queue 0 8" "stack 0 8"; do
	read -r kind key value flags <<< "$v"
	check "map: $kind" bpftool map create $pins/$kind type $kind key $key value $value entries 8 \
		name $kind flags "${flags-0}"
done
check "all are listed" in_json 'len(d) == 7' bpftool -j map
check "what is written is read" bash -c "bpftool map update pinned $pins/hash key 1 0 0 0 value 7 0 0 0 0 0 0 0 &&
	bpftool map lookup pinned $pins/hash key 1 0 0 0 | grep -q 'value: 07 00'"
check "what is not there" says 'Not found' bpftool map lookup pinned $pins/hash key 2 0 0 0
check "first in, first out" bash -c "for i in 1 2; do bpftool map enqueue pinned $pins/queue value \$i 0 0 0 0 0 0 0 || exit; done
	bpftool map dequeue pinned $pins/queue | grep -q 'value: 01 00'"
check "last in, first out" bash -c "for i in 1 2; do bpftool map push pinned $pins/stack value \$i 0 0 0 0 0 0 0 || exit; done
	bpftool map pop pinned $pins/stack | grep -q 'value: 02 00'"
check "the longest prefix" bash -c "
	bpftool map update pinned $pins/lpm_trie key 8 0 0 0 10 0 0 0 value 1 0 0 0 0 0 0 0 &&
	bpftool map update pinned $pins/lpm_trie key 24 0 0 0 10 1 2 0 value 2 0 0 0 0 0 0 0 &&
	bpftool map lookup pinned $pins/lpm_trie key 32 0 0 0 10 1 2 3 | grep -q 'value: 02 00' &&
	bpftool map lookup pinned $pins/lpm_trie key 32 0 0 0 10 9 2 3 | grep -q 'value: 01 00'"
check "frozen, it is not written any more" bash -c "bpftool map freeze pinned $pins/array &&
	! bpftool map update pinned $pins/array key 1 0 0 0 value 7 0 0 0 0 0 0 0"

# Names
names() {
	cd $pins && mkdir d && mv hash d/h && ln -s d/h l && chmod 640 d/h && chown 5:6 d/h &&
		[ "$(stat -c '%a %u %g' d/h) $(readlink l)" = "640 5 6 d/h" ] &&
		bpftool map show pinned $pins/d/h | grep -q 'name hash'
}
check "they are moved, linked, given away" names
check "not out of it" says 'cross-device|Invalid cross' /usr/bin/python3 -c "import os; os.rename('$pins/d/h', '$PWD/h')"
check "other files do not get in" says 'Permission denied' touch $pins/file
check "removed" bash -c "rm -r $pins/* && [ \$(bpftool -j map) = '[]' ]"

# A descriptor's link and fdinfo are the stack's
cat > files.py <<'END'
import ctypes, mmap, os, socket, struct
libc = ctypes.CDLL(None, use_errno=True)
def bpf(command, attr):
    fd = libc.syscall(321, command, attr, len(attr))
    assert fd >= 0, os.strerror(ctypes.get_errno())
    return fd
# BPF_MAP_CREATE: type, key, value, entries, flags
m = bpf(0, struct.pack("=IIIII", 2, 4, 4, 3, 0))
assert os.readlink(f"/proc/self/fd/{m}") == "anon_inode:bpf-map"
info = open(f"/proc/self/fdinfo/{m}").read()
assert "max_entries:\t3\n" in info, info
assert not os.get_inheritable(m)
s = socket.socket()
for who in "self", os.getpid():
    assert os.readlink(f"/proc/{who}/fd/{s.fileno()}") == f"socket:[{os.fstat(s.fileno()).st_ino}]"
f = open("/proc/net/dev")
assert os.readlink(f"/proc/self/fd/{f.fileno()}").endswith("/net/dev")
assert "lo:" in open(f"/proc/self/fd/{f.fileno()}").read()
a, b = socket.socketpair()      # the host's
assert os.readlink(f"/proc/self/fd/{a.fileno()}") == f"socket:[{os.fstat(a.fileno()).st_ino}]"
r, w = os.pipe()
assert os.readlink(f"/proc/self/fd/{r}").startswith("pipe:")
# BPF_PROG_LOAD of a socket filter: r0 = 12; exit. The UDP header and four bytes pass.
code = struct.pack("=BBhi", 0xb7, 0, 0, 12) + struct.pack("=BBhi", 0x95, 0, 0, 0)
text, licence = ctypes.create_string_buffer(code), ctypes.create_string_buffer(b"GPL")
p = bpf(5, struct.pack("=IIQQ", 1, 2, ctypes.addressof(text), ctypes.addressof(licence)).ljust(72, b"\0"))
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.bind(("127.0.0.1", 0))
u.setsockopt(socket.SOL_SOCKET, 50, struct.pack("=i", p))      # SO_ATTACH_BPF
u.settimeout(5)
u.sendto(b"abcdefgh", u.getsockname())
assert u.recv(100) == b"abcd"
# A map in memory: BPF_F_MMAPABLE; what either side writes the other sees
m = bpf(0, struct.pack("=IIIII", 2, 4, 8, 1024, 1 << 10))
shown = mmap.mmap(m, 8192)
key, value = ctypes.c_uint32(700), ctypes.c_uint64(7)
entry = struct.pack("=IIQQQ", m, 0, ctypes.addressof(key), ctypes.addressof(value), 0)
bpf(2, entry)
assert struct.unpack_from("=Q", shown, 700 * 8) == (7,)
struct.pack_into("=Q", shown, 700 * 8, 8)
bpf(1, entry)
assert value.value == 8
os.close(m)
assert struct.unpack_from("=Q", shown, 700 * 8) == (8,)
for size, flags in (8192 + 4096, 1 << 10), (4096, 0):
    try:
        mmap.mmap(bpf(0, struct.pack("=IIIII", 2, 4, 8, 1024, flags)), size)
        assert False, (size, flags)
    except OSError:
        pass
print("all")
END
check "files" says '^all' /usr/bin/python3 files.py

# Whose socket it is
serve nc.openbsd -lk 127.0.0.1 7000
listener=$!
await "a server" listening 7000
check "ss -p" says "users:\(\(\"nc.openbsd\",pid=$listener,fd=[0-9]+\)\)" ss -Htlnp 'sport = :7000'
plan
