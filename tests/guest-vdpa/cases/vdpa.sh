# SPDX-License-Identifier: BSD-3-Clause
# A vhost-vdpa device of the guest, and our driver on it (sourced in the guest, after
# driver.sh and outage.sh).  The caller sets group, function, vdev_args (device arguments of
# every case) and eal (EAL options).

vdpa_name=vc0 chr=/dev/vhost-vdpa-0
# All of DPDK's memory is pinned for the device.
ulimit -l unlimited

# driver_eal [DEVARGS]: in place of that of driver.sh.
driver_eal()
{
	local args=$chr,ctrl_timeout_ms=60000${vdev_args:+,$vdev_args}${1:+,$1}
	echo "-d $PLUGIN --no-pci --vdev crypto_virtio_user0,path=$args --no-telemetry $eal"
}

add_device()
{
	vdpa dev add name $vdpa_name mgmtdev "pci/$function" && comes_true test -c $chr
}

# vp_vdpa takes the function, which the kernel shows as a vhost-vdpa device then: the first
# case, without which there are no others.
make_device()
{
	check "vp_vdpa takes QEMU's device" take_function
	[ -c $chr ] || exit 1
}

take_function()
{
	modprobe vp_vdpa && modprobe vhost_vdpa && bind "$function" vp-vdpa && add_device &&
		vdpa dev show
}

# encrypt_one [DEVARGS [OPTION...]]: 16 bytes, with what the driver says.
encrypt_one()
{
	local devargs=${1:-}
	[ $# = 0 ] || shift
	# shellcheck disable=SC2046
	timeout $program_s encrypt_file -l 0 $(driver_eal "$devargs") \
		--log-level=pmd.crypto.vcrypto:info "$@" -- --cipher aes-cbc \
		--key 00112233445566778899aabbccddeeff --iv $iv "$scratch/16" "$scratch/got" 2>&1
}

# notified_by TEXT [DEVARGS]
notified_by()
{
	encrypt_one "${2:-}" >"$scratch/notified"
	local code=$?
	cat "$scratch/notified"
	[ $code = 0 ] && grep "data queues, notified by $1" "$scratch/notified"
}

# known_answers NAME [DEVARGS]: what QEMU's builtin back end has of the vectors.
known_answers()
{
	# shellcheck disable=SC2046
	check "$1" clean_run 300 "$kat_runner" -l 0 \
		$(driver_eal "algos=$extra_algos${2:+,$2}") -- --dev crypto_virtio_user0 \
		--vectors /in/vectors --alg aes-ecb,aes-cbc,3des-ecb,3des-cbc,3des-ctr
	check "$1: each algorithm" all_passed aes-ecb aes-cbc 3des-ecb 3des-cbc 3des-ctr
}

# all_passed NAME...: the last run had checks of each, and none failed.
all_passed()
{
	local name
	for name in "$@"; do
		grep -E "^$name +[1-9][0-9]* passed.* 0 failed" /out/last || return 1
	done
}

# RSA of 2048 bits, with OpenSSL as the judge; QEMU's losses are those of guest's rsa.sh.
rsa_answers()
{
	# shellcheck disable=SC2046
	clean_run 1000 asym_runner -l 0,1 $(driver_eal) -- --dev crypto_virtio_user0 \
		--vectors /in/vectors --sizes 2048 --hashes md5,sha1,sha256,sha512 --raw-optional \
		--lossy
}

# Memory comes and goes while the device runs: the lines of the program grow.
memory_cases()
{
	# shellcheck disable=SC2046
	timeout $program_s grow -l 0 $(driver_eal) -- crypto_virtio >"$scratch/said" 2>&1
	sed -n "s/^\(PASS\|FAIL\) /\1 $group, memory: /p" "$scratch/said"
	grep -q '^PASS close' "$scratch/said" || verdict FAIL "memory: every case was run"
}

# The program outage, of that pid, works with the device, or has ended.
begun()
{
	grep -q MORE "$scratch/steady" || ! kill -0 "$1" 2>/dev/null
}

# other_process NAME TEXT: while a program works with the device another one is refused it,
# and the first does not notice.
other_process()
{
	local first
	# shellcheck disable=SC2046
	timeout $program_s outage -l 0 $(driver_eal) -- steady until "$scratch/enough" \
		>"$scratch/steady" 2>&1 &
	first=$!
	comes_true begun $first
	fails "$1" "$2" encrypt_one "" --file-prefix second
	: >"$scratch/enough"
	check "$1: the first goes on" wait $first
	check "$1: all its operations are well" grep '^PASS each with its result' \
		"$scratch/steady"
}

# procs_cases GROUP DEVARGS [OPTION...]: a primary and secondary processes, in turn on the one
# queue pair.
procs_cases()
{
	local where=$1 devargs=$2
	shift 2
	# shellcheck disable=SC2046
	timeout $program_s procs -m 64 $(driver_eal "$devargs") --file-prefix p --lcores 0@0 -- \
		--dev crypto_virtio_user0 --log /tmp/second --rounds 30 --qps 1 "$@" \
		>"$scratch/said" 2>&1
	sed -n "s/^\(PASS\|FAIL\) secondary: /\1 $group, $where: /p" "$scratch/said"
	grep -q '^PASS secondary: close' "$scratch/said" ||
		verdict FAIL "$where: every case was run"
}

# Memory beyond the limit of locked memory: the line names the remedy.
little_memory()
{
	(ulimit -l 64 && encrypt_one)
}

# deleted NAME [DEVARGS [oop]]: the device is taken away while operations run, the program
# hears of it, lets go, and only then the kernel's command ends.  A new one works.
deleted()
{
	local before=$group devargs=${2:-}
	group="$group, $1"
	rm -f "$scratch/deleted"
	# shellcheck disable=SC2086
	outage_cases "$devargs" removed ${3:-} | while read -r line; do
		echo "$line"
		case $line in
		RUNNING*) (vdpa dev del $vdpa_name && : >"$scratch/deleted") & ;;
		esac
	done
	check "the kernel has let go of the device" comes_true test -f "$scratch/deleted"
	check "the driver's lines advise to close and remove, no more" honest
	check "a new device" add_device
	check "it encrypts" encrypt_one
	group=$before
}

# The device fails, says so by its configuration interrupt, and is started again.
failed_device()
{
	local before=$group
	group="$group, NEEDS_RESET"
	eal="$eal --log-level=pmd.crypto.vcrypto:debug"
	outage_cases "" scribbled
	eal=${eal% --log-level*}
	check "the device sent its interrupt" grep "the device says that something has changed" \
		/out/outage
	group=$before
}
