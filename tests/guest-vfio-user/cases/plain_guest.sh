# SPDX-License-Identifier: BSD-3-Clause
# What runs in the guest of plain.sh.

. /in/common.sh
. /in/encrypt.sh
. /in/driver.sh
. /in/outage.sh
. /in/guest_common.sh
. /in/services.sh
group="plain, guest"
function=$FUNCTIONS
eal="--iova-mode=pa"
memory=/sys/devices/system/memory
pages=/proc/sys/vm/nr_hugepages

# ---- memory that comes and goes ----

blocks()
{
	ls -d $memory/memory[0-9]* | wc -l
}

has_grown()
{
	[ "$(blocks)" -gt "$blocks_before" ] && [ "$(movable_free)" -gt 200000 ]
}

has_shrunk()
{
	[ "$(blocks)" = "$blocks_before" ]
}

# Free pages of the zone that only the new memory has.
movable_free()
{
	awk '/^Node/ { movable = /Movable/ } movable && $1 == "pages" { sum += $3 }
		END { print sum + 0 }' /proc/zoneinfo
}

# beside_operations NAME WORD TEST: the host does what WORD asks for while operations run, until
# TEST is true of the machine.
beside_operations()
{
	local name=$1 word=$2 test=$3
	# what was said in an earlier case would be taken for this one's
	rm -f /tmp/done /out/outage
	{
		comes_true grep -qs '^MORE' /out/outage && echo "$word" && comes_true "$test"
		: >/tmp/done
	} &
	outage_cases "" steady oop until /tmp/done
	wait
	check "$name" "$test"
}

# The new memory holds the program's, as the kernel takes huge pages from there first.
move_pages()
{
	local free
	echo 0 >$pages
	free=$(movable_free)
	echo 200 >$pages
	free=$((free - $(movable_free)))
	echo "$free pages of the new memory are taken"
	[ "$(cat $pages)" = 200 ] && [ $free -ge $((200 * 512)) ]
}

# Back to the memory that the machine began with.
leave_memory()
{
	local one
	echo 0 >$pages
	for one in "$memory"/memory[0-9]*; do
		case $(cat "$one/valid_zones" 2>/dev/null) in
		Movable) echo offline >"$one/state" || return 1 ;;
		esac
	done
	echo 200 >$pages
	[ "$(cat $pages)" -ge 128 ] && [ "$(movable_free)" = 0 ]
}

memory_cases()
{
	group="plain, memory"
	echo online_movable >$memory/auto_online_blocks
	blocks_before=$(blocks)
	beside_operations "memory was plugged in meanwhile" GROW has_grown
	check "huge pages are in the new memory" move_pages
	check "operations in the new memory: aes-128-cbc, 1 MiB and back" \
		encrypt_case aes-128-cbc 1048576 decrypt
	check "the new memory is left" leave_memory
	beside_operations "memory was taken out meanwhile" SHRINK has_shrunk
	check "aes-128-cbc, 1 MiB and back" encrypt_case aes-128-cbc 1048576 decrypt
}

make_inputs
known_answers "split, in order, sessionless too, revision 1" \
	packed_vq=0,in_order=1,revision_1=1,stateless=1 \
	IN_ORDER REVISION_1 CIPHER_STATELESS ACCESS_PLATFORM -RING_PACKED
every_service
asym_answers split packed_vq=0,in_order=0 VERSION_1 -RING_PACKED -IN_ORDER
cat /out/notes
encrypt_command="encrypt_file -l 0 $(driver_eal) --"
memory_cases

# The function that is not the first one.
other_function()
{
	local dev
	for dev in /sys/bus/pci/devices/*; do
		[ "$(cat "$dev/vendor"):$(cat "$dev/device")" = 0x1af4:0x1054 ] &&
			[ "${dev##*/}" != "$1" ] && echo "${dev##*/}" && return
	done
	false
}

# The host kills the daemon; the function is gone, and its place in the machine is not.
group="plain, daemon killed"
outage_cases recover=1 removed oop
check "the driver's lines advise to close and remove, no more" honest
first=$function
echo ANOTHER
comes_true other_function "$first" >/dev/null
function=$(other_function "$first")
check "the daemon's next process has plugged a function in" bind "$function" uio_pci_generic
encrypt_command="encrypt_file -l 0 $(driver_eal) --"
check "aes-128-cbc, 1 MiB and back" encrypt_case aes-128-cbc 1048576 decrypt
dmesg >/out/dmesg
