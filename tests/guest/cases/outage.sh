# SPDX-License-Identifier: BSD-3-Clause
# The program outage and what it says (sourced in the guest, after driver.sh).

# outage_cases DEVARGS MODE...: its lines as they come, since the host waits for RUNNING,
# REPLUG and MORE; its exit code is a case of its own.  The caller sets driver if there is a REPLUG.
outage_cases()
{
	local devargs=$1
	shift
	rm -f /out/outage "$scratch/bound"
	{
		# shellcheck disable=SC2046
		timeout $program_s outage -l 0 $(driver_eal "$devargs") -- "$@" 2>&1
		echo "CODE $?"
	} | while read -r line; do
		echo "$line" >>/out/outage
		case $line in
		PASS* | FAIL*) echo "${line%% *} $group: ${line#* }" ;;
		RUNNING* | MORE*) echo "$line" ;;
		REPLUG*) give_back "$line" & ;;
		CODE*) echo "${line#CODE }" >"$scratch/code" ;;
		esac
	done
	cp /out/outage "$scratch/said"
	check "outage ends with 0" test "$(cat "$scratch/code")" = 0
}

# The function leaves the machine.
gone()
{
	comes_true test ! -e "/sys/bus/pci/devices/$function"
}

# give_back LINE: the host reads the line and plugs the function in, which is bound as it
# was and then told to the program.
give_back()
{
	check "the kernel has let go of the function" gone
	echo "$1"
	comes_true test -e "/sys/bus/pci/devices/$function" &&
		bind "$function" "$driver" && : >"$scratch/bound"
}

# What the driver says of a function that has left, or is about to, advises nothing that
# cannot help.
honest()
{
	grep "crypto_virtio: " /out/outage
	grep -qE "the device is (gone|being taken away): .*close and remove it" /out/outage &&
		! grep -E "stop and start|devarg recover|not by this driver|VERSION_1" /out/outage
}

# The function is taken out of the machine and put back, by turns.  MODE is outage's; the
# second time the driver would bring a lost device back, if this one had not left.
unplug_cases()
{
	local mode=$1 kernel=$2
	# no driver of the kernel's own takes the function when it comes back
	echo 0 >/sys/bus/pci/drivers_autoprobe
	group="unplugged, $kernel"
	outage_cases "" "$mode" replug "$scratch/bound" ctrl_timeout_ms=60000
	check "the driver's lines advise to close and remove, no more" honest
	group="unplugged, $kernel, recover=1, out of place"
	outage_cases recover=1 "$mode" oop replug "$scratch/bound" ctrl_timeout_ms=60000,recover=1
	check "the driver's lines advise to close and remove, no more" honest
}
