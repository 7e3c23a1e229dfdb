#ifndef LULL_TEST_HEAP_H
#define LULL_TEST_HEAP_H

#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>

#ifdef __SANITIZE_ADDRESS__
#define HEAP_CALLS	1	/* its allocator finds leaks itself */
#else
#define HEAP_CALLS	100
#endif
#define HEAP_MIN	16	/* bytes: no allocation takes less */

/* Tells whether each call of a test leaves memory behind. The first calls fill
 * the allocator's own caches. The test has one thread: what another one's cache
 * holds counts as left behind. */
static inline bool
heap_grows(void (*test)(void **state))
{
	size_t before = 0;

	for (int i = 0; i < 2 * HEAP_CALLS; i++) {
		if (i == HEAP_CALLS)
			before = mallinfo2().uordblks;
		test(NULL);
	}
	return mallinfo2().uordblks >= before + HEAP_CALLS * HEAP_MIN;
}

#endif
