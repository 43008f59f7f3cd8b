#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The daemon and a DPDK program, each in a root and namespaces of its own, share a folder with the
# socket and nothing else: known answers by the recipe of packaging/container.
#
#	containers.sh CONTAINER_FOLDER VCRYPTOD PLUGIN KAT_RUNNER VECTORS
set -euo pipefail
. "$(dirname "$0")/../../tools/lib.sh"
wait_s=120	# the longest that a line may take, on a busy machine too

skip()
{
	echo "SKIP $1"
	exit 77
}

die()
{
	echo "containers: $1" >&2
	cat "$dir/daemon.log" >&2
	exit 1
}

recipe=$1 vcryptod=$2 plugin=$3 runner=$4 vectors=$5
command -v bwrap >/dev/null || skip "bwrap is not installed (Debian: bubblewrap)"
bwrap --unshare-user --unshare-pid --unshare-net --dev-bind / / -- true 2>/dev/null ||
	skip "this user may make no namespaces here"
ring=$(echo "$(pkg-config --variable=libdir libdpdk)"/dpdk/pmds-*/librte_mempool_ring.so)
[ -f "$ring" ] || skip "DPDK's driver for mempools (librte_mempool_ring.so) is not installed"

dir=$(mktemp -d)
pid=
finish()
{
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || true
	wait
	rm -rf "$dir"
}
trap finish EXIT

# says TEXT: waits until the daemon has said it
says()
{
	has_said "$1" "$dir/daemon.log" "$pid" $wait_s || die "the daemon has not said: $1"
}

legacy=$(find /usr/lib -path '*ossl-modules/legacy.so' 2>/dev/null | head -n 1)
"$recipe/lay_root" "$dir/daemon" "$vcryptod=/usr/bin/vcryptod" ${legacy:+"$legacy"}
"$recipe/lay_root" "$dir/program" "$runner=/usr/bin/kat_runner" \
	"$plugin=/usr/lib/librte_crypto_vcrypto.so" "$ring=/usr/lib/librte_mempool_ring.so"
mkdir "$dir/program/vectors"
cp -r "$vectors/." "$dir/program/vectors"
mkdir "$dir/shared"

"$recipe/run" "$dir/daemon" "$dir/shared" vcryptod --socket /run/vcryptod/crypto.sock --queues 2 \
	> "$dir/daemon.log" 2>&1 &
pid=$!
says ': ready: 2 queues'

"$recipe/run" "$dir/program" "$dir/shared" kat_runner -d /usr/lib/librte_mempool_ring.so \
	-d /usr/lib/librte_crypto_vcrypto.so --no-huge -m 256 --no-pci --no-telemetry --no-shconf \
	--vdev crypto_virtio_user0,path=/run/vcryptod/crypto.sock,queues=2,ctrl_timeout_ms=60000 \
	-- --dev crypto_virtio_user0 --vectors /vectors || die "the program fails"

# Processes of another container have no number here.
says 'a front end (pid not known) is connected by vhost-user'
says 'the front end (pid not known) is gone'
grep -q ': cage: .*namespaces .*root .*seccomp' "$dir/daemon.log" || die "the cage has gaps"
# Nothing of the machine is to be seen in there.
version=$("$recipe/run" "$dir/daemon" "$dir/shared" vcryptod --version)
[ "$version" = "$("$vcryptod" --version)" ] || die "another program is in the root: $version"
! "$recipe/run" "$dir/daemon" "$dir/shared" /bin/sh -c true 2>/dev/null ||
	die "there is a shell in the root"
echo PASS
