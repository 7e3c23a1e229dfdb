#ifndef LULL_SLIP_H
#define LULL_SLIP_H

#include <stddef.h>

/*
 * Slips of the hand: which word was meant by one that is none. Pure. Of
 * the candidates, the one of the smallest distance was, if that is below
 * the limit.
 */

/* Letters to put in, take out or replace; case aside. What is long is far
 * from all. */
size_t	slip_distance(const char *a, const char *b);

/* From here on, `word` is another word. */
size_t	slip_limit(const char *word);

#endif
