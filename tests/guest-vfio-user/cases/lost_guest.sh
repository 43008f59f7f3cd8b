# SPDX-License-Identifier: BSD-3-Clause
# What runs in the guest of lost.sh.

. /in/common.sh
. /in/encrypt.sh
. /in/driver.sh
. /in/outage.sh
. /in/procs.sh
function=$FUNCTIONS
driver=vfio-pci
eal="--iova-mode=va"

make_inputs
encrypt_command="encrypt_file -l 0 $(driver_eal) --"
group="lost, reset"
check "a program is killed with operations in flight, the next one encrypts" after_kill
restart_cases
# What outage scribbles makes nonsense of a split ring alone.
group="lost, NEEDS_RESET"
outage_cases packed_vq=0 scribbled
group="lost, NEEDS_RESET, recover=1"
outage_cases packed_vq=0,recover=1 recovered oop
group="lost, queue reset"
procs_cases

# no driver of the kernel's own takes the function when it comes back
echo 0 >/sys/bus/pci/drivers_autoprobe

# The kernel asks vfio-pci's user for the function, once operations run, and waits.
remove_function()
{
	comes_true grep -qs "^RUNNING" /out/outage &&
		echo 1 >"/sys/bus/pci/devices/$function/remove"
}

# The kernel finds it again.
give_back()
{
	check "the kernel has let go of the function" gone
	echo 1 >/sys/bus/pci/rescan
	comes_true test -e "/sys/bus/pci/devices/$function" &&
		bind "$function" "$driver" && : >"$scratch/bound"
}

group="lost, removed by the guest's kernel"
rm -f /out/outage
remove_function &
outage_cases "" removed replug "$scratch/bound" ctrl_timeout_ms=60000
check "the driver's lines advise to close and remove, no more" honest
