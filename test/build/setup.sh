#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# release: none
# setup.sh - one clear sentence where LibOS cannot be built
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

# expect PATTERN NAME COMMAND...: the command fails and says one line, this one
expect() {
	local pattern=$1 name=$2
	shift 2
	n=$((n + 1))
	if ! "$@" > "$work/out" 2>&1 < /dev/null && [ "$(wc -l < "$work/out")" = 1 ] &&
	   grep -qE "$pattern" "$work/out"; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed 's/^/# /' "$work/out"
	fi
}

echo 1..5
mkdir "$work/arm" "$work/fedora"
printf '#!/bin/sh\n[ "$1" = -m ] && echo aarch64 || echo Linux\n' > "$work/arm/uname"
chmod +x "$work/arm/uname"
for tool in bash uname awk; do
	ln -s "$(command -v $tool)" "$work/fedora/"
done
expect 'x86_64 Linux; this is Linux on aarch64' "another CPU" env PATH="$work/arm:$PATH" setup/install build
expect 'apt-get, which is not here' "another distribution" env PATH="$work/fedora" setup/install build

n=$((n + 1))
mkdir "$work/debian"
cat > "$work/debian/dpkg-query" <<'END'
#!/bin/sh
echo "ii gcc "
echo "ii libc-dev-bin "
echo "ii pkgconf pkg-config (= 0.29), other"
echo "rc bison "
END
cat > "$work/debian/apt-get" <<'END'
#!/bin/sh
echo "$@" >> "${0%/*}/asked"
END
printf '#!/bin/sh\necho 0\n' > "$work/debian/id"
chmod +x "$work"/debian/*
env PATH="$work/debian:$PATH" setup/install gcc pkg-config > "$work/out" 2>&1 &&
	[ ! -s "$work/out" ] && [ ! -e "$work/debian/asked" ] || printf 'not '
echo "ok $n - silent when nothing is missing, and when another package provides it"

n=$((n + 1))
env PATH="$work/debian:$PATH" setup/install gcc bison > "$work/out" 2>&1
grep -qE ' install .* bison$' "$work/debian/asked" && ! grep -q gcc "$work/debian/asked" || printf 'not '
echo "ok $n - installs what is missing, and only that"

printf '#!/bin/sh\necho 1000\n' > "$work/debian/id"
printf '#!/bin/sh\nexit 1\n' > "$work/debian/sudo"
chmod +x "$work/debian/sudo"
expect 'takes root; run: apt-get install -y .*bison' "says what to run where root cannot be had" \
	env PATH="$work/debian:$PATH" setup/install bison
