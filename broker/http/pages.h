#ifndef LULL_PAGES_H
#define LULL_PAGES_H

struct http_request;

/* Answers from the folder of pages: / is index.html. 404 for anything
 * that is not a plain file below it. */
void	pages_serve(struct http_request *, const char *dir);

#endif
