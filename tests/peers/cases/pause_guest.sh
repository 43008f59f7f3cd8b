# SPDX-License-Identifier: BSD-3-Clause
# What runs in the guest of pause.sh, which sets name; in the second life of the guest there
# is one function more.

. /in/common.sh
. /in/encrypt.sh
. /in/driver.sh
. /in/outage.sh
group="pause, $name, guest"
function=$FUNCTIONS
eal="--iova-mode=pa -m 384"
mark=/sys/bus/pci/devices/0000:01:00.0
make_inputs
encrypt_command="encrypt_file -l 0 $(driver_eal) --"
if [ -e $mark ]; then
	group="pause, $name, guest after its reset"
	check "aes-128-cbc, 1 MiB and back" encrypt_case aes-128-cbc 1048576 decrypt
	exit 0
fi
outage_cases "" steady oop until $mark
verdict NOTE "$(grep MORE /out/outage | tail -n 1)"
# The host resets the machine meanwhile.
outage_cases "" steady oop
verdict FAIL "there is no reset"
