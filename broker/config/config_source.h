#ifndef LULL_CONFIG_SOURCE_H
#define LULL_CONFIG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "error.h"
#include "yaml.h"

/*
 * Where a configuration comes from: the files and texts given are found,
 * read, their ${variables} put in, and merged into one tree that still
 * knows which of them, and which line, each key is from.
 */
struct config_source {
	char		*name;		/* "lull.yaml", "-c webrtc.ports" */
	char		*text;		/* as read */
	bool		 is_file;	/* has variables */
	bool		 has_lines;	/* worth telling */
	json_t		*unset;		/* variables: {"CAM_PASS": 12} */
	struct yaml_doc	 doc;
};

struct config_sources {
	json_t		*root;		/* later sources win, key by key */
	const char	*path;		/* the first file, or NULL */
	size_t		 n;
	struct config_source *list;
};

/* 0, or -1 with "FILE:LINE: what" in `err`. `args` as config_load(). */
int	config_source_load(const char *const *args, size_t n,
	    struct config_sources *, struct error *err);
void	config_source_clear(struct config_sources *);

/* The files that are looked for without any source, in order; NULL after
 * the last. */
const char	*config_source_default(size_t i);

/* "path=/etc/lull/lull.yaml -c api.listen", all of them; NULL if there is
 * none. Caller frees. */
char	*config_source_names(const struct config_sources *);

/* "lull.yaml:12", where "streams/cam/url" was set last. Caller frees. */
char	*config_source_where(const struct config_sources *, const char *path);

/* A copy of a key, a name or a message in which an address, if there is
 * one, has lost its password. Caller frees. */
char	*config_source_mask(const char *text);

/* `text` with ${NAME} and ${NAME:default} replaced; what is not set
 * anywhere and has no default stays, and goes into `unset` (or NULL) with
 * its line, unless that is a comment. `env` is looked at first, then
 * $CREDENTIALS_DIRECTORY, then the environment. Goes no further once
 * the result is too long for yaml_load(). Caller frees. */
char	*config_source_expand(const char *text, const json_t *env,
	    json_t *unset);

#endif
