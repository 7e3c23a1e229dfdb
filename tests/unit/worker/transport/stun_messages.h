#ifndef LULL_TEST_STUN_MESSAGES_H
#define LULL_TEST_STUN_MESSAGES_H

/*
 * A viewer's side of STUN Binding, by libnice. For tests with cmocka, whose
 * headers come first.
 */
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <stun/stunagent.h>
#include <stun/usages/ice.h>

#define STUN_ROOM	600

static inline void
stun_start(StunAgent *agent)
{
	static const uint16_t known[] = {
		STUN_ATTRIBUTE_USERNAME, STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
		STUN_ATTRIBUTE_PRIORITY, STUN_ATTRIBUTE_USE_CANDIDATE, 0
	};

	stun_agent_init(agent, known, STUN_COMPATIBILITY_RFC5389,
	    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS |
	    STUN_AGENT_USAGE_USE_FINGERPRINT);
}

/* `name`: the ufrag of whom it is for, a colon, its own; `pwd` of the same. */
static inline size_t
stun_write_check(uint8_t buf[STUN_ROOM], const char *name, const char *pwd,
    bool nominates)
{
	StunAgent agent;
	StunMessage m;
	size_t len;

	stun_start(&agent);
	len = stun_usage_ice_conncheck_create(&agent, &m, buf, STUN_ROOM,
	    (const uint8_t *)name, strlen(name), (const uint8_t *)pwd,
	    strlen(pwd), nominates, true, 1862270975, 7, NULL,
	    STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
	assert_int_not_equal(len, 0);
	return len;
}

static inline bool
stun_give_password(StunAgent *agent, StunMessage *message, uint8_t *username,
    uint16_t len, uint8_t **password, size_t *password_len, void *arg)
{
	(void)agent;
	(void)message;
	(void)username;
	(void)len;
	*password = arg;
	*password_len = strlen(arg);
	return true;
}

/* What the viewer of that password answers; 0: it is no request to it. */
static inline size_t
stun_write_answer(uint8_t buf[STUN_ROOM], const uint8_t *request, size_t len,
    const char *pwd)
{
	struct sockaddr_storage mapped;
	struct sockaddr_in *v4 = (struct sockaddr_in *)&mapped;
	bool controlling = true;
	size_t n = STUN_ROOM;
	StunAgent agent;
	StunMessage m, reply;

	memset(&mapped, 0, sizeof mapped);
	v4->sin_family = AF_INET;
	stun_start(&agent);
	if (stun_agent_validate(&agent, &m, request, len, stun_give_password,
	    (void *)(uintptr_t)pwd) != STUN_VALIDATION_SUCCESS ||
	    stun_usage_ice_conncheck_create_reply(&agent, &m, &reply, buf, &n,
	    &mapped, sizeof *v4, &controlling, 7,
	    STUN_USAGE_ICE_COMPATIBILITY_RFC5245) !=
	    STUN_USAGE_ICE_RETURN_SUCCESS)
		return 0;
	return n;
}

#endif
