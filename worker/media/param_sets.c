#include "param_sets.h"

#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

void
param_sets_clear(struct param_sets *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->sets[i].data);
	p->n = 0;
	p->bytes = 0;
}

struct param_set *
param_sets_find(struct param_sets *p, uint8_t type, unsigned id)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->sets[i].type == type && p->sets[i].id == id)
			return &p->sets[i];
	return NULL;
}

/* Returns a set of this type and id, whose `data` is to be set, and counts
 * `len` bytes for it. Where the room does not allow that, all sets are
 * forgotten first. */
static struct param_set *
make_room(struct param_sets *p, uint8_t type, unsigned id, size_t len)
{
	struct param_set *set = param_sets_find(p, type, id);
	size_t old = set != NULL ? NAL_START_LEN + set->len : 0;

	if (p->bytes - old + NAL_START_LEN + len > PARAM_SETS_ROOM ||
	    (set == NULL && p->n == PARAM_SETS_MAX)) {
		param_sets_clear(p);
		set = NULL;
		old = 0;
	}
	if (set == NULL) {
		set = &p->sets[p->n++];
		memset(set, 0, sizeof *set);
		set->type = type;
		set->id = (uint8_t)id;
	}
	p->bytes += NAL_START_LEN + len - old;
	free(set->data);
	set->len = len;
	return set;
}

bool
param_sets_keep(struct param_sets *p, const struct video_nal *nal, unsigned id,
    unsigned of)
{
	struct param_set *set = param_sets_find(p, nal->type, id);

	if (nal->len + NAL_START_LEN > PARAM_SETS_ROOM)
		return false;
	if (set != NULL && set->len == nal->len &&
	    memcmp(set->data, nal->data, nal->len) == 0)
		return false;
	set = make_room(p, nal->type, id, nal->len);
	set->data = xmemdup(nal->data, nal->len);
	set->of = (uint8_t)of;
	set->unsent = true;
	return true;
}

size_t
param_sets_write(struct param_sets *p, uint8_t type, bool all,
    struct nal_list *list, uint8_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		struct param_set *set = &p->sets[i];
		struct video_nal nal = { set->data, set->len, set->type };

		if (set->type != type || (!all && !set->unsent))
			continue;
		n += nal_list_write(list, &nal, out + n);
		set->unsent = false;
	}
	return n;
}
