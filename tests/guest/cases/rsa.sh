# SPDX-License-Identifier: BSD-3-Clause
# RSA against QEMU's builtin back end, with OpenSSL in the guest as the judge: published
# signatures, round trips with 2048 and 4096 bits, PKCS #1 with the hashes that QEMU has,
# raw where QEMU was built with libgcrypt (Debian's has nettle, which refuses it), and what
# must not succeed.  QEMU with nettle cuts off what begins with a zero, one result in 256:
# the driver must not take that for a signature.  QEMU with libgcrypt leaves the zeros out,
# which the driver restores.  /out/rsa.log keeps all of it.

. /in/common.sh
. /in/driver.sh
function=$FUNCTIONS
group=${rsa_group:-RSA}
eal="--iova-mode=va"

# groups LOG: a verdict for each of the runner's groups, and how many checks it had.
groups()
{
	local name counts
	grep -E '^FAIL ' "$1" >"$scratch/said"
	sed -n 's/^\(.*[^ ]\)  *\([0-9]* passed ([0-9]* negative), [0-9]* failed, .*\)$/\1:\2/p' \
		"$1" >"$scratch/groups"
	while IFS=: read -r name counts; do
		case $counts in
		"0 passed"*", 0 failed, 0 skipped") ;;
		"0 passed"*", 0 failed"*) echo "SKIP $group: $name: ${counts#*skipped }" ;;
		*", 0 failed"*) verdict PASS "$2$name (${counts%% passed*} checks)" ;;
		*) verdict FAIL "$2$name ($counts)" ;;
		esac
	done <"$scratch/groups"
}

# run_rsa LOG NAME [DEVARG]
run_rsa()
{
	timeout $program_s asym_runner -l 0,1 $(driver_eal $3) -- --dev "$function" \
		--vectors /in/vectors --sizes ${rsa_sizes:-2048,4096} \
		--hashes md5,sha1,sha256,sha512 --raw-optional --lossy \
		>"/out/$1.log" 2>&1
	echo $? >/out/$1.code
	if [ "${rsa_may_lack:-no}" = yes ] && grep -q ": no RSA$" "/out/$1.log"; then
		echo "SKIP $group: ${2}QEMU's device offers none (QEMU without libgcrypt)"
		return
	fi
	groups "/out/$1.log" "$2"
	check "$2all of it ended well" grep -qx 0 "/out/$1.code"
	check "$2at least $rsa_minimum checks pass" test "$(sed -n \
		's/^\([0-9]*\) passed, [0-9]* failed, [0-9]* skipped$/\1/p' \
		"/out/$1.log" | tail -n 1)" -ge "$rsa_minimum"
}

run_rsa rsa ""
