#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# install.sh - a second make does nothing, and what make install puts there works
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
lib=$work/usr/local/lib
n=0

if ! grep -q "^$LIBOS_RELEASE " kernel/releases; then
	echo "1..0 # SKIP $LIBOS_RELEASE is built from KERNEL_SRC"
	exit
fi

# check NAME COMMAND...: ok when it succeeds
check() {
	local name=$1
	shift
	n=$((n + 1))
	if "$@" > "$work/out" 2>&1; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed 's/^/# /' "$work/out"
	fi
}

nothing_to_do() {
	make KERNEL="$LIBOS_RELEASE" > "$work/made" 2>&1
	[ ! -s "$work/made" ] || { cat "$work/made"; false; }
}

cat > "$work/program.c" <<'END'
#include <libos.h>
#include <stdio.h>

int main(void)
{
	struct libos_options options = { .size = sizeof(options), .release = RELEASE };
	struct libos *os = libos_open(&options);

	puts(os ? libos_release(os) : libos_error());
	return os ? libos_close(os) : 1;
}
END
config() {
	PKG_CONFIG_SYSROOT_DIR=$2 PKG_CONFIG_PATH=$lib/pkgconfig pkg-config "$1" libos
}
# shellcheck disable=SC2046
shared() {
	gcc -DRELEASE="\"$LIBOS_RELEASE\"" -o "$work/shared" "$work/program.c" \
		$(config --cflags "$work") $(config --libs "$work") &&
	LD_LIBRARY_PATH=$lib LIBOS_IMAGE_PATH=$lib/libos "$work/shared"
}
# shellcheck disable=SC2046
static() {
	gcc -DRELEASE="\"$LIBOS_RELEASE\"" -o "$work/static" "$work/program.c" \
		$(config --cflags "$work") "$lib/libos.a" \
		$(pkg-config --libs libxdp libbpf) -lpcap -lpthread &&
	LIBOS_IMAGE_PATH=$lib/libos "$work/static"
}
cat > "$work/script.c" <<'END'
#include "packetdrill/packetdrill.h"
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	void *handle = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
	packetdrill_interface_init_fn *init;
	struct packetdrill_interface ifc;

	if (!handle)
		return puts(dlerror()), 1;
	init = (packetdrill_interface_init_fn *)dlsym(handle, "packetdrill_interface_init");
	init(argv[2], &ifc);
	ifc.free(ifc.userdata);
	return argc != 3;
}
END
# The images lie beside it.
packetdrill() {
	gcc -I. -o "$work/script" "$work/script.c" &&
	env -u LIBOS_IMAGE_PATH "$work/script" "$lib/libos/libos-packetdrill.so" \
		"release=$LIBOS_RELEASE"
}
manual() {
	local page
	for page in libos libos_open libos_netdev_pair libos_recvmmsg libos-packetdrill; do
		man -M "$work/usr/local/share/man" "$page" || return
	done
}

# Of what was installed nothing is left, and what was there before is.
removed() {
	touch "$lib/libosmosis.so" &&
	make uninstall DESTDIR="$work" &&
	[ "$(cd "$work/usr/local" && find . ! -type d)" = ./lib/libosmosis.so ] &&
	[ ! -e "$lib/libos" ]
}

echo 1..8
check "a second make does nothing" nothing_to_do
check "make install" make install KERNEL="$LIBOS_RELEASE" DESTDIR="$work"
check "the library's name leads to the library" test -e "$lib/libos.so.0"
check "a program with pkg-config's flags opens a stack" shared
check "a program with libos.a opens a stack" static
check "packetdrill's object starts a stack" packetdrill
check "its pages are found by a function's name" manual
check "make uninstall" removed
