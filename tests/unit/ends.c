/* Every unit test ends by itself: this is linked into each. */
#include <unistd.h>

#define ENDS_S	120	/* a program that takes longer hangs */

__attribute__((constructor)) static void
ends_begin(void)
{
	alarm(ENDS_S);
}
