#ifndef LULL_DOORS_H
#define LULL_DOORS_H

#include "first_check.h"
#include "handover.h"

/*
 * The doors of the workers, FOLDER/TAG.door, at which viewers' sockets are
 * handed over. A connection is kept to each that has been used.
 */
struct doors;

struct doors	*doors_new(const char *folder);
void	doors_free(struct doors *);	/* NULL is fine */

/* -1: no worker has that tag, or it does not keep up. */
int	doors_send(struct doors *, const char tag[FIRST_CHECK_TAG + 1],
	    const struct handover *);

/* Removes the doors that workers have left who were killed. */
void	doors_sweep(const char *folder);

#endif
