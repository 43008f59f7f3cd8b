/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the command line means for the machine and for one device; see options.h.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>

#include "ipsec_sa.h"
#include "options.h"
#include "req_alg.h"

int
vcryptod_options_check_cpus(const struct vcryptod_options *o)
{
	cpu_set_t mine;
	unsigned int i;

	if (sched_getaffinity(0, sizeof(mine), &mine) != 0)
		return 0;	/* more CPUs than that has room for: a thread that fails says so */
	for (i = 0; i < o->nb_cpus; i++)
		if (!CPU_ISSET(o->cpu[i], &mine)) {
			fprintf(stderr, "vcryptod: --cpu: CPU %d is none that this process may "
					"use: `taskset -cp $$` lists those\n", o->cpu[i]);
			return -EINVAL;
		}
	return 0;
}

struct vcryptod_cpu_share
vcryptod_options_cpus(const struct vcryptod_options *o, unsigned int index)
{
	unsigned int each = o->nb_cpus / o->nb_sockets, more = o->nb_cpus % o->nb_sockets;

	if (o->nb_cpus == 0)
		return (struct vcryptod_cpu_share){ .nb = 0 };
	if (each == 0)
		return (struct vcryptod_cpu_share){ .first = index % o->nb_cpus, .nb = 1 };
	return (struct vcryptod_cpu_share){
		.first = index * each + (index < more ? index : more),
		.nb = each + (index < more),
		.polls = true,
	};
}

static int
option_check_ipsec(const struct vcryptod_caps *caps, const struct vcryptod_options *o)
{
	struct req_ipsec_caps ipsec;
	unsigned int i;

	if (o->sas == 0)
		return 0;
	vcryptod_ipsec_caps(&ipsec, caps, o->ipsec_window);
	for (i = 0; i < VIRTIO_CRYPTO_NB_IPSEC_MODES; i++)
		if (ipsec.mode[i].offered)
			return 0;
	fprintf(stderr, "vcryptod: --sas %u: engine %s has no MAC and no AEAD algorithm of IPSEC "
			"that --services and --algos allow\n", o->sas, o->engine->name);
	return -EINVAL;
}

/* An algorithm that was asked for by name and that nothing computes would be missed later. */
static int
option_check_algos(const struct vcryptod_caps *caps, const struct vcryptod_options *o)
{
	const struct req_alg *alg;
	unsigned int nb, i;

	alg = req_alg_table(&nb);
	for (i = 0; i < nb && o->algos_given; i++)
		if ((o->algos[alg[i].service] & ~caps->mask[alg[i].service] &
				VIRTIO_BIT(alg[i].number)) != 0) {
			fprintf(stderr, "vcryptod: --algos %s: engine %s lacks it: leave it out, "
					"or take another engine (`--engine list`)\n",
					alg[i].name, o->engine->name);
			return -EINVAL;
		}
	return 0;
}

int
vcryptod_options_restrict(struct vcryptod_caps *caps, const struct vcryptod_options *o)
{
	uint64_t any = 0;
	unsigned int i;

	if (option_check_algos(caps, o) != 0)
		return -EINVAL;
	for (i = 0; i < VIRTIO_CRYPTO_NB_SERVICES; i++) {
		if (!(o->services & 1u << i))
			caps->mask[i] = 0;
		if (o->algos_given)
			caps->mask[i] &= o->algos[i];
		any |= caps->mask[i];
	}
	if (any != 0)
		return option_check_ipsec(caps, o);
	fprintf(stderr, "vcryptod: engine %s has none of the services and algorithms that "
			"--services and --algos allow\n", o->engine->name);
	return -EINVAL;
}
