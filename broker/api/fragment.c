#include "fragment.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define MAX_CREDENTIAL	256	/* RFC 8839, section 5.4 */

/* The first count: they are of the section that carries all others. */
static bool
take_credential(const char **credential, const char *value)
{
	size_t len = strlen(value);

	for (const char *s = value; *s != '\0'; s++)
		if (!isgraph((unsigned char)*s))
			return false;
	if (len == 0 || len > MAX_CREDENTIAL)
		return false;
	if (*credential == NULL)
		*credential = value;
	return true;
}

static void
take_candidate(struct fragment *f, const char *candidate)
{
	if (f->n_candidates <= REGISTRY_MAX_CANDIDATES)
		f->candidates[f->n_candidates++] = candidate;
}

/* Lines of other kinds tell nothing new. */
static bool
take_line(struct fragment *f, const char *line)
{
	if (strncmp(line, "a=ice-ufrag:", 12) == 0)
		return take_credential(&f->ufrag, line + 12);
	if (strncmp(line, "a=ice-pwd:", 10) == 0)
		return take_credential(&f->pwd, line + 10);
	if (strncmp(line, "a=candidate:", 12) == 0)
		take_candidate(f, line + 2);
	else if (strcmp(line, "a=end-of-candidates") == 0)
		take_candidate(f, "");
	return true;
}

const char *
fragment_read(char *text, struct fragment *f)
{
	char *line;

	memset(f, 0, sizeof *f);
	while ((line = strsep(&text, "\r\n")) != NULL)
		if (!take_line(f, line))
			return "a=ice-ufrag or a=ice-pwd is not a word";
	if ((f->ufrag == NULL) != (f->pwd == NULL))
		return "a=ice-ufrag and a=ice-pwd go together";
	return NULL;
}
