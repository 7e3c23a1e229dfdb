#include "ice_path.h"

#include <stdlib.h>
#include <string.h>

#include "ice_config.h"
#include "xalloc.h"

#define AGAIN_US	500000	/* RTO of RFC 8489, section 6.2.1 */
#define MAX_TIMES	7	/* Rc, the same section */

void
ice_path_init(struct ice_path *p, const char *ufrag, const char *pwd,
    int64_t silent_us, int64_t now_us)
{
	memset(p, 0, sizeof *p);
	p->ufrag = ufrag;
	p->pwd = pwd;
	p->silent_us = silent_us;
	p->fd = -1;
	p->heard_us = now_us;
}

static void
forget(struct ice_asked *a)
{
	ice_ask_free(a->ask);
	free(a->bytes);
	memset(a, 0, sizeof *a);
}

static void
forget_both(struct ice_path *p)
{
	forget(&p->here);
	forget(&p->there);
}

void
ice_path_free(struct ice_path *p)
{
	forget_both(p);
	free(p->name);
	free(p->peer_pwd);
	free(p->old_name);
	free(p->old_pwd);
}

void
ice_path_set_peer(struct ice_path *p, const char *ufrag, const char *pwd)
{
	forget_both(p);
	free(p->old_name);
	free(p->old_pwd);
	p->old_name = p->name;
	p->old_pwd = p->peer_pwd;
	p->old = p->other_old = false;
	p->name = xasprintf("%s:%s", ufrag, p->ufrag);
	p->peer_pwd = xstrdup(pwd);
}

bool
ice_path_is_peer(const struct ice_path *p, const char *ufrag, const char *pwd)
{
	size_t len = strlen(ufrag);

	return p->name != NULL && strncmp(p->name, ufrag, len) == 0 &&
	    p->name[len] == ':' && strcmp(p->peer_pwd, pwd) == 0;
}

void
ice_path_select(struct ice_path *p, int fd, const struct sockaddr *to,
    int64_t now_us)
{
	p->fd = fd;
	socket_address_set(&p->remote, to);
	socket_address_text(&p->remote, p->text);
	p->heard_us = p->seen_us = p->nominated_us = now_us;
	p->elsewhere = p->old = false;
	forget_both(p);
}

void
ice_path_lose(struct ice_path *p, int fd)
{
	if (p->here.ask != NULL && p->here.fd == fd)
		forget(&p->here);
	if (p->there.ask != NULL && p->there.fd == fd)
		forget(&p->there);
	if (p->other_fd == fd)
		p->elsewhere = false;
	if (p->fd != fd)
		return;
	p->fd = -1;
	p->seen_us = p->nominated_us = 0;
}

static bool
is_target(const struct ice_asked *a, int fd, const struct sockaddr *to)
{
	return a->ask != NULL && fd == a->fd && socket_address_is(&a->to, to);
}

static bool
is_answer(struct ice_asked *a, int fd, const struct sockaddr *from,
    const uint8_t *data, size_t len)
{
	if (!is_target(a, fd, from) ||
	    !ice_ask_is_answered(a->ask, data, len))
		return false;
	forget(a);
	return true;
}

/* Two paths of one viewer may both be alive, and be checked by it. A viewer
 * that nominates by each of its checks uses the path that it nominated last;
 * one that nominated only once sends all by one path. */
static int64_t
last_word_us(const struct ice_path *p)
{
	return p->nominates ? p->nominated_us : p->seen_us;
}

static bool
is_open(const struct ice_path *p)
{
	return p->elsewhere && p->other_us > last_word_us(p);
}

/*
 * The viewer's next check may be five seconds away, so one that comes too
 * soon is kept. A nomination that comes soon after the last one may have been
 * overtaken by it, and counts as a plain check.
 */
static void
remember_other(struct ice_path *p, int fd, const struct sockaddr *from,
    bool nominates, bool old, int64_t now_us)
{
	if (now_us - p->nominated_us < p->silent_us)
		nominates = false;
	if (is_open(p) && p->nominates && !nominates)
		return;
	p->elsewhere = true;
	p->nominates = nominates;
	if (p->other_old != old)
		forget(&p->there);
	p->other_old = old;
	p->early = now_us - last_word_us(p) < p->silent_us;
	p->other_fd = fd;
	p->other_us = now_us;
	p->asked_us = 0;
	p->times = 0;
	socket_address_set(&p->other, from);
}

/* A check that came early may be one of a path that is kept warm, while the
 * next one by this path is not due yet: for that there is time. */
bool
ice_path_must_ask(struct ice_path *p, int64_t now_us)
{
	int64_t silent_us = p->early ? p->silent_us * 3 / 2 : p->silent_us;

	if (!is_open(p) || now_us - last_word_us(p) < silent_us ||
	    now_us - p->asked_us < AGAIN_US)
		return false;
	if (p->times == MAX_TIMES) {
		p->elsewhere = false;
		return false;
	}
	p->times++;
	p->asked_us = now_us;
	return true;
}

static bool
is_here(const struct ice_path *p, int fd, const struct sockaddr *from)
{
	return fd == p->fd && socket_address_is(&p->remote, from);
}

void
ice_path_take_check(struct ice_path *p, int fd, const struct sockaddr *from,
    bool nominates, bool old, int64_t now_us)
{
	p->heard_us = now_us;
	if (!is_here(p, fd, from)) {
		remember_other(p, fd, from, nominates, old, now_us);
		return;
	}
	p->seen_us = now_us;
	p->old = old;
	if (nominates)
		p->nominated_us = now_us;
}

bool
ice_path_take(struct ice_path *p, int fd, const struct sockaddr *from,
    const uint8_t *data, size_t len, int64_t now_us)
{
	bool here = is_here(p, fd, from);
	enum ice_check check;

	if (here)
		p->seen_us = now_us;
	if (data[0] > ICE_MAX_STUN_BYTE)
		return false;
	if (is_answer(&p->here, fd, from, data, len) ||
	    is_answer(&p->there, fd, from, data, len)) {
		p->heard_us = now_us;
		if (!here) {
			ice_path_select(p, fd, from, now_us);
			p->old = p->other_old;
		}
		return !here;
	}
	check = ice_check_read(data, len, p->ufrag, p->pwd);
	if (check != ICE_CHECK_NONE)
		ice_path_take_check(p, fd, from,
		    check == ICE_CHECK_NOMINATES, false, now_us);
	return false;
}

static size_t
write_ask(struct ice_path *p, struct ice_asked *a, int fd,
    const struct sockaddr *to, bool controlling, uint8_t buf[ICE_CHECK_MAX])
{
	bool old = (a == &p->here ? p->old : p->other_old) &&
	    p->old_name != NULL;

	forget(a);
	a->ask = ice_ask_new(old ? p->old_name : p->name,
	    old ? p->old_pwd : p->peer_pwd, controlling, buf, &a->len);
	if (a->ask == NULL)
		return 0;
	a->fd = fd;
	socket_address_set(&a->to, to);
	a->bytes = xmemdup(buf, a->len);
	return a->len;
}

size_t
ice_path_ask(struct ice_path *p, int fd, const struct sockaddr *to,
    bool controlling, uint8_t buf[ICE_CHECK_MAX])
{
	bool here = fd == p->fd && socket_address_is(&p->remote, to);
	struct ice_asked *a = here ? &p->here : &p->there;

	if (p->name == NULL || fd == -1)
		return 0;
	if (!is_target(a, fd, to))
		return write_ask(p, a, fd, to, controlling, buf);
	memcpy(buf, a->bytes, a->len);
	return a->len;
}
