#ifndef LULL_SESSION_BOOK_H
#define LULL_SESSION_BOOK_H

#include <stddef.h>
#include <stdint.h>

#include "session.h"

struct ports;
struct table;

/* The book has the sessions of all streams, and gives each what no other has:
 * its id and its number. It gives back their UDP ports. */
struct session_book {
	struct session_list list;		/* by age; entry `entry` */
	struct table	*by_id;
	struct ports	*ports;			/* get back the sessions' */
	uint32_t	 n_ever;
};

void	session_book_init(struct session_book *, struct ports *);
/* Frees what the book itself needs. It has to be empty. */
void	session_book_clear(struct session_book *);

/* Gives the session an id and a number. */
void	session_book_add(struct session_book *, struct session *);
/* Gives its port back. The caller frees the session. */
void	session_book_remove(struct session_book *, struct session *);

/* Finds a session, answered or not. Returns NULL if there is none. */
struct session	*session_book_find(const struct session_book *,
		    const char *id);
size_t	session_book_count(const struct session_book *);

#endif
