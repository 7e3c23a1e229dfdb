#ifndef LULL_PAGES_H
#define LULL_PAGES_H

struct http_request;

/* Answers from the folder of pages, where / is index.html. What is not a plain
 * file below it is answered with 404. */
void	pages_serve(struct http_request *, const char *dir);

#endif
