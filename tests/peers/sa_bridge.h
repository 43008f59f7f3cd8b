/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the two files of sa_bridge share: a security association, made of a line of text.
 */
#ifndef SA_BRIDGE_H
#define SA_BRIDGE_H

#include <stdbool.h>
#include <stdint.h>

struct rte_mbuf;
struct bridge_sa;

/* One line, and the end of the program. */
void bridge_die(const char *what) __attribute__((noreturn));

/* An association of the device, as the line says: see sa_bridge_sa.c. */
struct bridge_sa *bridge_sa_create(uint8_t dev, const char *line, bool outbound, bool library);

/*
 * Protects or opens packets, in place.  Returns how many are good: those come first in mbufs
 * then, in their order.  All of them stay the caller's.
 */
uint16_t bridge_sa_process(struct bridge_sa *sa, struct rte_mbuf **mbufs, uint16_t n);

void bridge_sa_destroy(struct bridge_sa *sa);

#endif
