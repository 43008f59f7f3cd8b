# SPDX-License-Identifier: BSD-3-Clause
# vfio-pci behind an IOMMU, but a device that does not use it (iommu_platform=off): it
# reads physical addresses, so IOVA mode VA has to be refused.

. /in/common.sh
. /in/encrypt.sh
. /in/driver.sh
function=$FUNCTIONS
make_inputs

group="no iommu_platform"
aes_cbc="--cipher aes-cbc --key 00112233445566778899aabbccddeeff --iv $iv"
eal="--iova-mode=va"
refused "IOVA VA is refused, naming --iova-mode=pa" "iova-mode=pa" \
	encrypt_file -l 0 $(driver_eal) -- $aes_cbc "$scratch/16" "$scratch/got"
refused "IOVA VA is refused, naming iommu_platform=on" "iommu_platform=on" \
	encrypt_file -l 0 $(driver_eal) -- $aes_cbc "$scratch/16" "$scratch/got"
refused "the program goes on without the device" "no device of this driver" \
	encrypt_file -l 0 $(driver_eal) -- $aes_cbc "$scratch/16" "$scratch/got"
eal="--iova-mode=pa"
encrypt_command="encrypt_file -l 0 $(driver_eal algos=$extra_algos) --"
encrypt_cases aes-128-cbc aes-128-ctr
perf_cases
