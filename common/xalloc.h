#ifndef LULL_XALLOC_H
#define LULL_XALLOC_H

#include <stddef.h>

/*
 * These allocate and never fail: the process ends when there is no memory. A
 * size that a peer chooses has to be bounded first.
 */
void	*xcalloc(size_t n, size_t size);
void	*xrealloc(void *p, size_t size);
char	*xstrdup(const char *s);
void	*xmemdup(const void *p, size_t len);
char	*xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
