#ifndef LULL_SESSION_BOOK_H
#define LULL_SESSION_BOOK_H

#include <stddef.h>
#include <stdint.h>

#include "session.h"

struct ports;
struct table;

/* All sessions, of whichever stream, and what each has of its own: its id,
 * its number and its UDP port. */
struct session_book {
	struct session_list list;		/* by age; entry `entry` */
	struct table	*by_id;
	struct ports	*ports;			/* where theirs go back to */
	uint32_t	 n_ever;
};

void	session_book_init(struct session_book *, struct ports *);
void	session_book_clear(struct session_book *);	/* an empty one */

/* Gives it an id and a number. */
void	session_book_add(struct session_book *, struct session *);
/* Its port goes back. It is freed by who has it removed. */
void	session_book_remove(struct session_book *, struct session *);

/* Those that are not answered, too. NULL: there is none. */
struct session	*session_book_find(const struct session_book *,
		    const char *id);
size_t	session_book_count(const struct session_book *);

#endif
