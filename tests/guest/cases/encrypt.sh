# SPDX-License-Identifier: BSD-3-Clause
# encrypt_file against OpenSSL, byte for byte (sourced, after common.sh).  The caller
# sets encrypt_command: encrypt_file with its EAL options, up to and with "--".

# name, openssl's name, hex digits of the key and of the iv
encrypt_table="aes-128-cbc:aes-cbc:32:32
aes-192-cbc:aes-cbc:48:32
aes-256-cbc:aes-cbc:64:32
aes-128-ctr:aes-ctr:32:32
aes-256-ctr:aes-ctr:64:32
aes-128-ecb:aes-ecb:32:0
aes-256-ecb:aes-ecb:64:0
des-ede3-cbc:3des-cbc:48:16
aes-128-xts:aes-xts:64:32
aes-256-xts:aes-xts:128:32"

# The key repeats itself nowhere: the halves of an XTS key must differ.
hex_digits()
{
	echo "$1$2$1" | cut -c "1-$3"
}

make_inputs()
{
	[ -f "$scratch/1048576" ] ||
		openssl enc -aes-128-ctr -K $iv -iv $iv -in /dev/zero 2>/dev/null |
		head -c 1048576 >"$scratch/1048576"
	local size
	for size in 16 4112 32768 65552; do
		head -c $size "$scratch/1048576" >"$scratch/$size"
	done
}

reference()
{
	case $1 in
	*-xts) openssl_xts "$2" "$3" "$4" <"$5" >"$6" ;;
	*-ecb) openssl enc "-$1" -e -nopad -K "$2" -in "$5" -out "$6" ;;
	*) openssl enc "-$1" -e -nopad -K "$2" -iv "$3" -in "$5" -out "$6" ;;
	esac
}

# encrypt_case OPENSSL-NAME SIZE [decrypt]: one file there, and back if asked.
encrypt_case()
{
	local name=$1 size=$2 back=${3:-} unit=0 k v="" cipher k_len v_len
	IFS=: read -r cipher k_len v_len <<-ROW
	$(echo "$encrypt_table" | sed -n "s/^$1://p")
	ROW
	k=$(hex_digits $key $iv "$k_len")
	set -- --cipher "$cipher" --key "$k"
	if [ "$v_len" -gt 0 ]; then
		v=$(echo $iv | cut -c "1-$v_len")
		set -- "$@" --iv "$v"
	fi
	if [ "$cipher" = aes-xts ] && [ "$size" -gt 32768 ]; then
		unit=4096
		set -- "$@" --sector-size $unit
	fi
	reference "$name" "$k" "$v" $unit "$scratch/$size" "$scratch/expected" || return 1
	$encrypt_command "$@" "$scratch/$size" "$scratch/got" || return 1
	cmp "$scratch/expected" "$scratch/got" || return 1
	[ -z "$back" ] || {
		$encrypt_command "$@" --decrypt "$scratch/got" "$scratch/back" &&
			cmp "$scratch/$size" "$scratch/back"
	}
}

# encrypt_cases NAME...: each cipher with one block and with 1 MiB, there and back; XTS also
# with the largest file that is one data unit.
encrypt_cases()
{
	make_inputs
	local one
	for one in "$@"; do
		check "$one, 16 bytes" encrypt_case "$one" 16
		case $one in *-xts) check "$one, 32 KiB" encrypt_case "$one" 32768 ;; esac
		check "$one, 1 MiB and back" encrypt_case "$one" 1048576 decrypt
	done
}
