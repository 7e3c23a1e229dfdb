#ifndef LULL_ERROR_H
#define LULL_ERROR_H

/*
 * Why something failed, in words for whoever reads the log or the answer: one
 * line that says what and where and, if it can be known, what to do. The
 * caller owns it, on its stack; a function that fails writes it, one that
 * succeeds leaves it alone.
 */
struct error {
	char text[512];
};

/* A text that does not fit is cut. */
void	error_set(struct error *, const char *format, ...)
	    __attribute__((format(printf, 2, 3)));

#endif
