# SPDX-License-Identifier: BSD-3-Clause
# The program outage and what it says (sourced in the guest, after driver.sh).

# outage_cases MODE: its lines as they come, since the host waits for RUNNING; its exit
# code is a case of its own.
outage_cases()
{
	{
		# shellcheck disable=SC2046
		timeout $program_s outage -l 0 $(driver_eal) -- "$1" 2>&1
		echo "CODE $?"
	} | while read -r line; do
		echo "$line" >>/out/outage
		case $line in
		PASS* | FAIL*) echo "${line%% *} $group: ${line#* }" ;;
		RUNNING*) echo "$line" ;;
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
