# SPDX-License-Identifier: BSD-3-Clause
# vfio-pci behind an IOMMU, iommu_platform=on: negotiation, life cycle and performance
# program with IOVA as virtual addresses, then IOVA as physical addresses.

. /in/common.sh
. /in/encrypt.sh
. /in/driver.sh
function=$FUNCTIONS
make_inputs

group="vfio-pci, IOVA VA"
eal="--iova-mode=va"
check "VERSION_1 and ACCESS_PLATFORM are negotiated" negotiated VERSION_1 ACCESS_PLATFORM
restart_cases
perf_cases
encrypt_command="encrypt_file -l 0 $(driver_eal) --"
check "after a program was killed in mid-work" after_kill
encrypt_command="encrypt_file_linked -l 0 -a $function --"
check "the driver linked into the program" encrypt_case aes-128-cbc 32768
eal="--iova-mode=va --lcores 0@0,1@0,2@1"
refused "two queue pairs asked of a device with one" "queue pairs" \
	dpdk-test-crypto-perf $(driver_eal) -- --ptest throughput $perf_aes_cbc

group="vfio-pci, IOVA PA"
eal="--iova-mode=pa"
encrypt_command="encrypt_file -l 0 $(driver_eal algos=$extra_algos) --"
encrypt_cases aes-128-cbc aes-256-ctr
