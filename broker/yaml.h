#ifndef LULL_YAML_H
#define LULL_YAML_H

#include <stddef.h>
#include <jansson.h>

/*
 * YAML read as one Jansson tree, with the line of every key kept for
 * messages. The only user of libyaml. Anchors and merge keys work; plain
 * scalars become null, true/false, integers or numbers as in YAML 1.2's
 * core schema, all else is a string.
 */
struct yaml_doc {
	json_t	*root;		/* an object, {} for an empty text */
	json_t	*lines;		/* "streams/cam/url": 12 */
};

/* 0, or -1 with "line 12: what" in `err`. */
int	yaml_load(const char *text, size_t len, struct yaml_doc *out, char *err,
	    size_t errsize);
void	yaml_clear(struct yaml_doc *);

#endif
