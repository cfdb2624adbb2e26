#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# release: none
# pristine.sh - kernel/pristine finds every kind of difference
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

mkdir -p "$work"/linux-source-0.1/{arch/x86,kernel}
echo 'int a;' > "$work/linux-source-0.1/kernel/a.c"
echo 'int b;' > "$work/linux-source-0.1/arch/x86/b.c"
echo 'all:' > "$work/linux-source-0.1/Makefile"
ln -s a.c "$work/linux-source-0.1/kernel/link.c"
tar -C "$work" -cJf "$work/linux-source-0.1.tar.xz" linux-source-0.1

fresh() {
	rm -rf "$work/dir"
	mkdir "$work/dir"
	kernel/unpack "$work/linux-source-0.1.tar.xz" "$work/dir" > "$work/out"
	kernel/overlay "$work/dir/source" "$work/dir/tree"
}

# expect STATUS TEXT NAME: kernel/pristine ends so, and says so
expect() {
	local status
	n=$((n + 1))
	kernel/pristine "$work/linux-source-0.1.tar.xz" "$work/dir" > "$work/out" 2>&1
	status=$?
	if [ $status = "$1" ] && grep -qE "$2" "$work/out"; then
		echo "ok $n - $3"
	else
		echo "not ok $n - $3 (exit status $status)"
		sed 's/^/# /' "$work/out"
	fi
}

echo 1..10
fresh
expect 0 '7 files and folders compared: 0 changed, 0 missing, 0 added' "a fresh tree is pristine"
touch "$work/dir/source/kernel/a.c"
expect 0 ' 0 changed, 0 missing, 0 added' "times do not matter"
printf X | dd of="$work/dir/source/kernel/a.c" bs=1 seek=4 conv=notrunc status=none
expect 1 'kernel/a.c: Contents differ' "a changed byte"
fresh
rm "$work/dir/source/arch/x86/b.c"
expect 1 ' 0 changed, 1 missing, 0 added' "a missing file"
fresh
touch "$work/dir/source/kernel/new.c"
expect 1 'kernel/new.c: is not in the package' "an added file"
fresh
chmod 755 "$work/dir/source/Makefile"
expect 1 'Makefile: Mode differs' "a changed mode"
fresh
ln -sf other.c "$work/dir/source/kernel/link.c"
expect 1 'kernel/link.c: Symlink differs' "a changed link"
fresh
rm "$work/dir/tree/kernel"
ln -s /tmp "$work/dir/tree/kernel"
expect 1 "tree/kernel: is not a link to the package's" "a link of the tree that leads elsewhere"
fresh
rm "$work/dir/tree/arch/lib"
ln -s ../kernel "$work/dir/tree/arch/lib"
expect 1 "tree/arch/lib: is not a link" "another arch/lib"

# A cut tarball must not pass for a small package
fresh
size=$(stat -c %s "$work/linux-source-0.1.tar.xz")
truncate -s $((size / 2)) "$work/linux-source-0.1.tar.xz"
expect 1 '.' "a damaged tarball"
