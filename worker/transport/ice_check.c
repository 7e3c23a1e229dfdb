#include "ice_check.h"

#include <stdlib.h>
#include <string.h>

#include <stun/stunagent.h>
#include <stun/usages/ice.h>

#include "xalloc.h"

#define INTEGRITY_LEN	20	/* HMAC-SHA1 (RFC 8489, section 14.5) */
#define PRIORITY	1845501695	/* as of a peer-reflexive candidate */
#define MAX_NAME	513	/* two ufrags of 256 (RFC 8839, section 5.4) */

struct ice_ask {
	StunAgent	agent;	/* has the transaction's id */
};

struct credentials {
	const char	*ufrag, *pwd;
};

/* RFC 8445, section 7.2.2: "our ufrag:the peer's". libnice takes an empty
 * password for none to check, and puts the name into the answer: it ends the
 * process if there is no room for that. */
static bool
give_password(StunAgent *agent, StunMessage *message, uint8_t *username,
    uint16_t len, uint8_t **password, size_t *password_len, void *arg)
{
	const struct credentials *c = arg;
	size_t n = strlen(c->ufrag);

	(void)agent;
	(void)message;
	if (c->pwd[0] == '\0' || len <= n || len > MAX_NAME ||
	    username[n] != ':' ||
	    memcmp(username, c->ufrag, n) != 0)
		return false;
	*password = (uint8_t *)(uintptr_t)c->pwd;
	*password_len = strlen(c->pwd);
	return true;
}

static void
start_agent(StunAgent *agent)
{
	static const uint16_t known[] = {	/* to be understood */
		STUN_ATTRIBUTE_MAPPED_ADDRESS, STUN_ATTRIBUTE_USERNAME,
		STUN_ATTRIBUTE_MESSAGE_INTEGRITY, STUN_ATTRIBUTE_ERROR_CODE,
		STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, STUN_ATTRIBUTE_PRIORITY,
		STUN_ATTRIBUTE_USE_CANDIDATE, 0
	};

	stun_agent_init(agent, known, STUN_COMPATIBILITY_RFC5389,
	    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS |
	    STUN_AGENT_USAGE_USE_FINGERPRINT);
}

/* Is it a whole Binding message of that class, made with the right password?
 * libnice takes the length of MESSAGE-INTEGRITY for granted. */
static bool
is_authentic(StunAgent *agent, StunMessage *m, StunClass class,
    const uint8_t *data, size_t len, StunMessageIntegrityValidate validate,
    void *arg)
{
	uint16_t integrity_len;

	if (stun_message_validate_buffer_length(data, len, true) != (int)len)
		return false;
	*m = (StunMessage){
		.agent = agent, .buffer = (uint8_t *)(uintptr_t)data,
		.buffer_len = len,
	};
	return stun_message_get_class(m) == class &&
	    stun_message_get_method(m) == STUN_BINDING &&
	    stun_message_find(m, STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
	    &integrity_len) != NULL && integrity_len == INTEGRITY_LEN &&
	    stun_agent_validate(agent, m, data, len, validate, arg) ==
	    STUN_VALIDATION_SUCCESS;
}

static enum ice_check
read_check(StunAgent *agent, StunMessage *m, const uint8_t *data, size_t len,
    const char *ufrag, const char *pwd)
{
	struct credentials c = { ufrag, pwd };

	start_agent(agent);
	if (!is_authentic(agent, m, STUN_REQUEST, data, len, give_password,
	    &c))
		return ICE_CHECK_NONE;
	return stun_message_has_attribute(m, STUN_ATTRIBUTE_USE_CANDIDATE) ?
	    ICE_CHECK_NOMINATES : ICE_CHECK_PLAIN;
}

enum ice_check
ice_check_read(const uint8_t *data, size_t len, const char *ufrag,
    const char *pwd)
{
	StunAgent agent;
	StunMessage m;

	return read_check(&agent, &m, data, len, ufrag, pwd);
}

enum ice_check
ice_check_answer(const uint8_t *data, size_t len, const char *ufrag,
    const char *pwd, const union socket_address *from,
    uint8_t buf[ICE_CHECK_MAX], size_t *answer_len)
{
	StunMessage request, answer;
	StunAgent agent;
	bool controlling = false;
	enum ice_check check = read_check(&agent, &request, data, len, ufrag,
	    pwd);

	*answer_len = 0;
	if (check == ICE_CHECK_NONE)
		return check;
	*answer_len = ICE_CHECK_MAX;
	/* With the lowest tie-breaker the other one gives in: 487. */
	stun_usage_ice_conncheck_create_reply(&agent, &request, &answer, buf,
	    answer_len, &from->room, socket_address_len(&from->any),
	    &controlling, 0, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
	return check;
}

struct ice_ask *
ice_ask_new(const char *name, const char *pwd, bool controlling,
    uint8_t buf[ICE_CHECK_MAX], size_t *len)
{
	struct ice_ask *ask = xcalloc(1, sizeof *ask);
	StunMessage m;

	start_agent(&ask->agent);
	/* The tie of the roles has long been broken. */
	*len = stun_usage_ice_conncheck_create(&ask->agent, &m, buf,
	    ICE_CHECK_MAX, (const uint8_t *)name, strlen(name),
	    (const uint8_t *)pwd, strlen(pwd), false, controlling, PRIORITY,
	    0, NULL, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
	if (*len != 0)
		return ask;
	free(ask);
	return NULL;
}

void
ice_ask_free(struct ice_ask *ask)
{
	free(ask);
}

bool
ice_ask_is_answered(struct ice_ask *ask, const uint8_t *data, size_t len)
{
	StunMessage m;

	return is_authentic(&ask->agent, &m, STUN_RESPONSE, data, len, NULL,
	    NULL);
}
