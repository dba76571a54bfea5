#!/bin/sh
# Runs the native tests with other versions of Node, each with native modules built for it. Everything happens in a
# temporary copy: the modules of this folder stay as they are.
#
#   test/native/versions.sh            22 and 24
#   test/native/versions.sh 20.19.0    any version of the npm package "node", or a folder where that is installed
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
gyp="$(npm root -g)/npm/node_modules/node-gyp/bin/node-gyp.js"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

[ $# -gt 0 ] || set -- 22 24
failed=''

for version in "$@"; do
	if [ -d "$version" ]; then
		from=$version
	else
		from="$work/node-$version"
		mkdir -p "$from"
		(cd "$from" && npm init --yes >/dev/null && npm install --no-audit --no-fund --silent "node@$version")
	fi
	# The package brings its binary and its headers in a package of its own for each system.
	node=$(find "$from" -path '*/node-linux-*/bin/node' | head -n 1)
	[ -n "$node" ] || { echo "no Node $version in $from" >&2; exit 1; }
	home=$(dirname "$(dirname "$node")")
	copy="$work/copy-$version"
	case $version in /*) copy="$work/copy" ;; esac
	rm -rf "$copy"
	mkdir -p "$copy"
	tar -C "$root" --exclude=./dist --exclude=./.git --exclude=./runs --exclude=./state --exclude='*.san' -cf - . |
		tar -C "$copy" -xf -
	echo "== $("$node" --version)"
	for module in i2c-bus spi-device epoll unix-dgram; do
		[ -f "$copy/node_modules/$module/binding.gyp" ] || continue
		log="$work/$module.log"
		(cd "$copy/node_modules/$module" && "$node" "$gyp" rebuild --nodedir="$home") >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
	done
	(
		cd "$copy"
		PATH="$(dirname "$node"):$PATH"
		export PATH
		# The gate is a C program, whatever Node calls it: its own tests need one version only.
		npm run --silent test:native -- --exclude test/native/gate.test.ts
	) || failed="$failed $version"
	rm -rf "$copy"
done
[ -z "$failed" ] || { echo "failed with:$failed" >&2; exit 1; }
