# SPDX-License-Identifier: BSD-3-Clause
# What runs in the guest of test_device.sh, which sets ring, devargs and feature.

. /in/common.sh
. /in/encrypt.sh
. /in/driver.sh
. /in/guest_common.sh
group="test_device, $ring, guest"
function=$FUNCTIONS,$devargs
eal="--iova-mode=pa -m 384"

make_inputs
check "$feature is negotiated" negotiated $feature
encrypt_command="encrypt_file -l 0 $(driver_eal) --"
check "aes-128-cbc, 1 MiB and back" encrypt_case aes-128-cbc 1048576 decrypt
check "known answers of every service" clean_run 2000 $kat_runner -l 0 $(driver_eal) -- \
	--driver crypto_virtio --vectors /in/vectors
for service in aes-xts sha3-256 hmac-sha2-256 aes-gcm chacha20-poly1305 "chain aes-cbc"; do
	check "of these, $service" passed_some "$service"
done
check "random operations agree with crypto_openssl" clean_run 300 $cross_check -l 0 \
	$(driver_eal) --vdev crypto_openssl0 -- --dev "$FUNCTIONS" \
	--ref crypto_openssl0 --ops 20 --no-chains
cat /out/notes
check "perf throughput" perf_table 1000 2 perf throughput --total-ops 1000 --burst-sz 32 \
	--buffer-sz 64,1024
