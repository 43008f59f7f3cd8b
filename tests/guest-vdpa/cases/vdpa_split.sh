# SPDX-License-Identifier: BSD-3-Clause
# Split virtqueues.

group="vhost-vdpa, split"
function=$FUNCTIONS vdev_args="" eal=""
make_inputs
fails "no device yet" "no such file: .*vdpa dev add" encrypt_one
make_device
check "VERSION_1 and ACCESS_PLATFORM are negotiated" negotiated VERSION_1 ACCESS_PLATFORM
check "notified by mapped pages" notified_by "mapped pages"
check "notify_area=0: by event descriptors" notified_by "event descriptors" notify_area=0
known_answers "known answers"
encrypt_command="encrypt_file -l 0 $(driver_eal) --"
encrypt_cases aes-128-cbc
restart_cases
check "after a program was killed in mid-work" after_kill
check "memory of 4 KiB pages" encrypt_one "" --no-huge -m 64
memory_cases
check "perf throughput" perf_table 2000 2 perf throughput --total-ops 2000 --burst-sz 32 \
	--buffer-sz 64,2048
check "RSA" rsa_answers
other_process "a second process" "another process has it open"
procs_cases "secondary, notify_area=0" notify_area=0
procs_cases "secondary, mapped pages" "" --refused "notify_area=0"
fails "locked memory of 64 KiB" "ulimit -l" little_memory
fails "two data queues of one" "queues=2 is too many" encrypt_one queues=2
failed_device
deleted "vdpa dev del"
deleted "vdpa dev del, recover=1, out of place" recover=1 oop
cat /out/notes
