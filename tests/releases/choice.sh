# SPDX-License-Identifier: BSD-3-Clause
# Which driver gets a device where DPDK's own, librte_crypto_virtio, is loaded too: the
# first that registered, for a PCI function and for crypto_virtio_user0, which DPDK from
# 25.03 on has as well; and ours for crypto_virtio0, whichever is first (sourced by run; of
# its run_release and run_installed: libs, out, version).

choice_ready_s=120	# the longest that the daemon may take to be ready
choice_key=00112233445566778899aabbccddeeff
choice_function=0000:00:04.0

# choice_start: a daemon that listens at $choice_dir/socket; its pid is in choice_daemon.
choice_start()
{
	choice_dir=$(mktemp -d)
	"$build/app/vcryptod/vcryptod" --socket "$choice_dir/socket" \
		>"$choice_dir/daemon" 2>&1 </dev/null &
	choice_daemon=$!
	has_said ': ready: ' "$choice_dir/daemon" $choice_daemon $choice_ready_s
}

choice_end()
{
	kill $choice_daemon 2>/dev/null || true
	wait $choice_daemon 2>/dev/null || true
	rm -rf "$choice_dir"
}

# What the PCI bus of DPDK finds in place of the machine's functions: one virtio crypto
# function, with a kernel driver for which no BAR can be mapped.
choice_sysfs()
{
	local at=$choice_dir/sysfs/$choice_function i
	mkdir -p "$at"
	echo 0x1af4 | tee "$at/vendor" >"$at/subsystem_vendor"
	echo 0x1054 >"$at/device"
	echo 0x1100 >"$at/subsystem_device"
	echo 0x00ff00 >"$at/class"
	for i in 1 2 3 4 5 6; do
		echo "0x0000000000000000 0x0000000000000000 0x0000000000000000"
	done >"$at/resource"
	ln -s ../drivers/virtio-pci "$at/driver"
}

# choice_encrypt ORDER OPTION...: encrypt_file with both plugins in that order of -d, and
# what it said in $choice_dir/said.  The exit code is its.
choice_encrypt()
{
	local plugins=() one
	for one in $1; do
		plugins+=(-d "${!one}")
	done
	shift
	held timeout $run_seconds "$out/program" "${plugins[@]}" --no-huge -m 128 --no-shconf \
		--no-telemetry -l 0 --log-level=pmd.crypto.vcrypto:info "$@" \
		-d "${theirs%/*}/librte_mempool_ring.so" -- --cipher aes-cbc \
		--key $choice_key --iv $choice_key "$choice_dir/in" "$choice_dir/got" \
		>"$choice_dir/said" 2>&1 </dev/null
}

# choice_vdev ORDER NAME: who has taken that virtual device: ours, theirs, or nobody.
choice_vdev()
{
	local code=0
	rm -f "$choice_dir/got"
	choice_encrypt "$1" --no-pci --vdev "$2,path=$choice_dir/socket" 2>/dev/null || code=$?
	if [ $code = 0 ] && cmp -s "$choice_dir/got" "$choice_dir/expected" &&
			grep -q "^crypto_virtio: $2: negotiated " "$choice_dir/said"; then
		echo ours
	elif [ $code != 0 ] && grep -q '^VIRTIO_CRYPTO_.*Failed to open' "$choice_dir/said" &&
			! grep -q '^crypto_virtio: ' "$choice_dir/said"; then
		echo theirs
	fi
}

# choice_pci ORDER: as choice_vdev.  Ours refuses an argument that it does not know, before
# it looks at the function; DPDK's makes a cryptodev, cannot map the function, and leaves
# the cryptodev behind, so that the program may crash at its end.
choice_pci()
{
	SYSFS_PCI_DEVICES=$choice_dir/sysfs choice_encrypt "$1" \
		-a "$choice_function,no_such_key=1" 2>/dev/null || true
	if grep -q "^crypto_virtio: $choice_function: .*'no_such_key'" "$choice_dir/said" &&
			! grep -q "Creating cryptodev" "$choice_dir/said"; then
		echo ours
	elif grep -q "^CRYPTODEV: Creating cryptodev $choice_function" "$choice_dir/said" &&
			! grep -q '^crypto_virtio: ' "$choice_dir/said"; then
		echo theirs
	fi
}

# choice_unbound: as choice_vdev.  Ours is first, and does not leave a function that is named
# on the allow-list and cannot be mapped to DPDK's.
choice_unbound()
{
	local code=0
	SYSFS_PCI_DEVICES=$choice_dir/sysfs choice_encrypt "ours theirs" \
		-a "$choice_function" 2>/dev/null || code=$?
	if [ $code = 1 ] && ! grep -q "Creating cryptodev" "$choice_dir/said" &&
			grep -q "^crypto_virtio: $choice_function: .*bind it to vfio-pci" \
				"$choice_dir/said"; then
		echo ours
	fi
}

# choice_case EXPECTED NAME COMMAND...
choice_case()
{
	local expected=$1 name=$2 got
	shift 2
	got=$("$@" 2>/dev/null)
	if [ "$got" = "$expected" ]; then
		judge "PASS DPDK $version: $name: $expected"
	else
		judge "FAIL DPDK $version: $name: ${got:-nobody} instead of $expected"
		tail -n 4 "$choice_dir/said" | sed 's/^/    /'
	fi
}

choice_cases()
{
	local ours=$out/build/drivers/crypto/vcrypto/librte_crypto_vcrypto.so
	local theirs second=theirs
	theirs=$(echo "$libs"/dpdk/pmds-*/librte_crypto_virtio.so)
	if [ ! -f "$theirs" ]; then
		judge "SKIP DPDK $version: DPDK's own driver is not among the plugins"
		return
	fi
	# Before 25.03 there is no other driver for that name.
	grep -q crypto_virtio_user "$theirs" || second=ours
	wrapper "$out/build/examples/encrypt_file" >"$out/program"
	chmod +x "$out/program"
	if choice_start; then
		choice_sysfs
		head -c 4096 "$ours" >"$choice_dir/in"
		openssl enc -aes-128-cbc -nopad -K $choice_key -iv $choice_key \
			-in "$choice_dir/in" -out "$choice_dir/expected"
		choice_case ours "crypto_virtio_user0, -d ours before DPDK's" \
			choice_vdev "ours theirs" crypto_virtio_user0
		choice_case $second "crypto_virtio_user0, -d ours behind DPDK's" \
			choice_vdev "theirs ours" crypto_virtio_user0
		choice_case ours "crypto_virtio0, -d ours behind DPDK's" \
			choice_vdev "theirs ours" crypto_virtio0
		choice_case ours "a PCI function, -d ours before DPDK's" choice_pci "ours theirs"
		choice_case ours "the same, bound to a driver of the kernel" choice_unbound
		choice_case theirs "a PCI function, -d ours behind DPDK's" \
			choice_pci "theirs ours"
	else
		judge "FAIL DPDK $version: vcryptod does not start"
	fi
	choice_end
}
