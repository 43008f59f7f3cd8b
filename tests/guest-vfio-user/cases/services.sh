# SPDX-License-Identifier: BSD-3-Clause
# Known answers of each service on the function (sourced in the guest, after driver.sh and
# guest_common.sh).  The caller sets kat_runner, function and eal.

kat_floor=15000		# of kat_runner's checks on a device that has all of vcryptod's algorithms
asym_floor=400		# of asym_runner's, with one size of RSA

# agreed NAME...: the last program's driver has agreed to these features, and not to those
# with a - before them.
agreed()
{
	local name names
	names=$(cat /out/last /out/last.err | sed -n 's/.*negotiated 0x[0-9a-f]*: *//p' |
		tail -n 1)
	echo "agreed to: $names"
	for name in "$@"; do
		case "$name: $names " in
		-*" ${name#-} "*) echo "to ${name#-}"; return 1 ;;
		-* | *" $name "*) ;;
		*) echo "not to $name"; return 1 ;;
		esac
	done
}

# known_answers LAYOUT DEVARGS FEATURE...: symmetric ones, on rings of that layout.
known_answers()
{
	local layout=$1 devargs=$2
	shift 2
	# shellcheck disable=SC2046
	check "known answers, $layout" clean_run $kat_floor $kat_runner -l 0 \
		$(driver_eal "$devargs") --log-level=pmd.crypto.vcrypto:info -- \
		--driver crypto_virtio --vectors /in/vectors
	cp /out/last "/out/kat.$(echo "$layout" | tr -c 'a-z0-9\n' _)"
	check "$layout: the driver agrees to $*" agreed "$@"
}

# asym_answers LAYOUT DEVARGS FEATURE...: RSA and ECDSA, OpenSSL in the guest is the judge.
asym_answers()
{
	local layout=$1 devargs=$2
	shift 2
	# shellcheck disable=SC2046
	check "RSA and ECDSA, $layout" clean_run $asym_floor asym_runner -l 0,1 \
		$(driver_eal "$devargs") --log-level=pmd.crypto.vcrypto:info -- \
		--dev "$FUNCTIONS" --vectors /in/vectors --sizes 2048
	cp /out/last "/out/asym.$(echo "$layout" | tr -c 'a-z0-9\n' _)"
	check "RSA and ECDSA, $layout: the driver agrees to $*" agreed "$@"
}

# What the last run of known_answers has had of each service.
every_service()
{
	local one
	for one in aes-xts sha3-256 hmac-sha2-256 aes-gcm chacha20-poly1305 "chain aes-cbc"; do
		check "of these, $one" passed_some "$one"
	done
}
