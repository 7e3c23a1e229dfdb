#ifndef LULL_LISTING_H
#define LULL_LISTING_H

#include <jansson.h>

struct event_base;
struct http_request;
struct listing;
struct listings;

/*
 * A listing is a long answer in JSON. Its text is made piece by piece, one
 * piece of one listing in each turn of the loop, so that whatever else is
 * asked, a pause above all, comes in between, however many lists are asked
 * for. The oldest that does not wait is finished first.
 */
#define LISTING_MAX	64	/* under way; then 503 */

enum listing_step {
	LISTING_MORE,	/* there is another piece */
	LISTING_WAITS,	/* until listing_go_on() is called */
	LISTING_DONE,
};

/* The owner's function makes the next piece. */
typedef enum listing_step listing_step_fn(struct listing *, void *arg);

struct listings	*listings_new(struct event_base *);
/* Answers the lists that are under way with 503. None of them may wait any
 * more, so what they wait for has to end first. NULL is fine. */
void	listings_free(struct listings *);

/* Answers the request in the end, then calls free(arg). A short list, or one
 * too many, may be done when this returns. */
void	listing_start(struct listings *, struct http_request *,
	    listing_step_fn *, void (*free)(void *), void *arg);
/* Ends the wait of a list whose step returned LISTING_WAITS, or is about to. */
void	listing_go_on(struct listing *);

/* Both append to what there is. */
void	listing_text(struct listing *, const char *text);
void	listing_json(struct listing *, json_t *value);	/* takes it */
/* Puts a text in front of what there is. */
void	listing_head(struct listing *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

#endif
