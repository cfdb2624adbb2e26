#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# user.sh: an ordinary user is root of a stack: other scripts here, as nobody
#
# They run in a copy, since nobody may perhaps not enter the directory of this one.
#
# timeout: 200
set -u
export PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
scripts=(iproute2 ping filter ipsec privilege wireguard nginx haproxy)

if [ "$(id -u)" != 0 ]; then
	echo "an ordinary user runs all of them as one"
	exit 77
fi
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
copy=$(mktemp -d /tmp/nuse-user.XXXXXX)
trap 'rm -rf "$copy"' EXIT
mkdir -p "$copy/build" "$copy/test"
cp build/nuse build/nuse-exec "$LIBOS_IMAGE_PATH"/liblinux-*.so "$copy/build"
cp -r test/program "$copy/test"
chmod -R a+rX "$copy"
export LIBOS_IMAGE_PATH=$copy/build
cd "$copy" || exit 1
. test/program/each.sh
run_each 60 "${nobody[@]}"
