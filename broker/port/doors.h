#ifndef LULL_DOORS_H
#define LULL_DOORS_H

#include <stdbool.h>

#include "first_check.h"
#include "handover.h"

struct event_base;

/*
 * The doors of the workers, FOLDER/TAG.door, at which viewers' sockets are
 * handed over. A connection is kept to each that has been used, until its
 * worker ends; the door of one who was killed is removed.
 */
struct doors;

struct doors	*doors_new(struct event_base *, const char *folder);
void	doors_free(struct doors *);	/* NULL is fine */

/* Tells whether a worker has that tag. */
bool	doors_has(struct doors *, const char tag[FIRST_CHECK_TAG + 1]);
/* Returns -1 if no worker has that tag, or if it does not keep up. */
int	doors_send(struct doors *, const char tag[FIRST_CHECK_TAG + 1],
	    const struct handover *);

/* Removes the doors that workers have left who were killed. */
void	doors_sweep(const char *folder);

#endif
