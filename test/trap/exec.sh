#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# exec.sh: execve() in all its cases, and from places where the image is not reachable
#
# release: none
set -u
. test/trap/lib.sh
tool=$program/exec

cd "$work" || exit 1
mkdir directory
cp "$tool" show
cp "$tool" busy
ln -s show link
ln -s loop loop
ln -s missing dangling
mkfifo fifo
echo plain > plain
echo "echo text" > text
: > empty
head -c 3000 show > broken
dd if=/dev/urandom of=broken bs=1 seek=16 count=40 conv=notrunc 2> /dev/null
sed 's|/lib64/ld-linux-x86-64.so.2|/lib64/ld-linux-x86-64.so.x|' show > nointerp
printf '#!./show\n' > script
printf '#!./show  an argument with  blanks \n' > script-arg
printf '#! \t ./show\t\t-x \t\n' > script-blank
printf '#!./script\n' > script-script
printf '#!./show\n' > level1
for i in 2 3 4 5 6; do
	printf '#!./level%d %d\n' $((i - 1)) $i > level$i
done
printf '#!./missing\n' > script-missing
printf '#! \n' > script-empty
printf '#!%0300d\n' 0 > script-long
printf '#!./show %0300d\n' 0 > script-longarg
printf '#!./show' > script-cut
printf '#!./directory\n' > script-dir
chmod +x text empty broken nointerp script* level* fifo busy

same "execve" "$tool"

# Not reachable: the image's file is gone, or outside of the root
cp "$build/probe" gone
under "the image was deleted" "$(printf '1\n2')" bash -c \
	'"$0" bash -c "rm -f gone; /bin/echo 1; /bin/sh -c \"/bin/echo 2\""; cp "$1" gone' \
	"$work/gone" "$build/probe"
if unshare -r true 2> /dev/null; then
	mkdir root
	busybox=$(command -v busybox) || busybox=
	if [ -n "$busybox" ]; then
		cp "$busybox" root/busybox
		# shellcheck disable=SC2016
		same "exec in a chroot" unshare -r sh -c \
			'chroot root /busybox sh -c "/busybox echo one; /busybox sh -c \"/busybox echo two | /busybox cat\""'
	else
		skip "exec in a chroot" "no busybox"
	fi
else
	skip "exec in a chroot" "no user namespaces"
fi
same "close all descriptors, then exec" python3 -c '
import os
os.closerange(3, 1024)
os.execv("/bin/echo", ["echo", "closed"])'
same "an exec with no descriptor left" python3 -c '
import os, resource
resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
try:
    while True: os.set_inheritable(os.open("/dev/null", os.O_RDONLY), False)
except OSError as e: print(e.errno)
os.close(20)
os.execv("/bin/echo", ["echo", "full"])'
plan
