#ifndef LULL_SLIP_H
#define LULL_SLIP_H

#include <stddef.h>

/*
 * These find which word was meant by one that is misspelt: the candidate at
 * the smallest distance, if that is below the limit. They are pure.
 */

/* Returns how many letters have to be put in, taken out or replaced, whatever
 * their case. A very long word is far from every other. */
size_t	slip_distance(const char *a, const char *b);

/* A candidate at this distance or a larger one is not what `word` means. */
size_t	slip_limit(const char *word);

#endif
