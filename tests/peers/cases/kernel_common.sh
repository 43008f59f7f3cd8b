# SPDX-License-Identifier: BSD-3-Clause
# What the scripts with Linux's own driver share (sourced in the guest, after common.sh).

parameters=/sys/module/cryptomgr/parameters

# The port that vcryptod's counters come through stays open: descriptor 5.
open_counters()
{
	local port
	for port in /sys/class/virtio-ports/*; do
		[ "$(cat "$port/name")" = counters ] || continue
		exec 5<>"/dev/${port##*/}"
		return
	done
	false
}

# counter NAME: that of vcryptod, by now.
counter()
{
	local line
	echo counters >&5
	read -r line <&5
	echo " $line " | sed -n "s/.* $1 \([0-9]*\) .*/\1/p"
}

# served AT_LEAST COMMAND...: it succeeds, and the device answered so many data requests
# meanwhile, every one OK.
served()
{
	local least=$1 requests ok
	shift
	requests=$(counter requests)
	ok=$(counter OK)
	"$@" || return 1
	requests=$(($(counter requests) - requests))
	ok=$(($(counter OK) - ok))
	echo "vcryptod answered $requests requests, $ok of them OK"
	[ $requests -ge "$least" ] && [ $ok = $requests ]
}

# What /proc/crypto says of the driver's algorithms, a line each: name and self-test.
kernel_algorithms()
{
	awk '
		/^driver/ { driver = $3 }
		/^module/ { module = $3 }
		/^selftest/ && module == "virtio_crypto" { print driver, $3 }' /proc/crypto
}

# The kernel's PCI driver for virtio, which init took the function from, and the crypto
# driver with the kernel's self-tests, which the command line had switched off.
load_driver()
{
	bind "$FUNCTIONS" virtio-pci || return 1
	echo N >$parameters/notests
	grep -q N $parameters/notests && modprobe virtio_crypto && kernel_algorithms
}

# passed_its_tests DRIVER
passed_its_tests()
{
	kernel_algorithms
	kernel_algorithms | grep -qx "$1 passed"
}

# The kernel writes a line for each algorithm that fails, and for each command.
kernel_is_content()
{
	local bad='alg: .*(fail|err)|virtio_crypto.*(fail|err|unsupported|invalid)|WARNING'
	dmesg >/tmp/kernel && [ -s /tmp/kernel ] && ! grep -iE "$bad" /tmp/kernel
}
