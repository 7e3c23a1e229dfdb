#include "ice_check.h"

#include <stdbool.h>
#include <string.h>

#include <stun/stunagent.h>

struct credentials {
	const char	*ufrag, *pwd;
};

/* RFC 8445, section 7.2.2: "our ufrag:the peer's". libnice takes an empty
 * password for none to check. */
static bool
give_password(StunAgent *agent, StunMessage *message, uint8_t *username,
    uint16_t len, uint8_t **password, size_t *password_len, void *arg)
{
	const struct credentials *c = arg;
	size_t n = strlen(c->ufrag);

	(void)agent;
	(void)message;
	if (c->pwd[0] == '\0' || len <= n || memcmp(username, c->ufrag, n) != 0 ||
	    username[n] != ':')
		return false;
	*password = (uint8_t *)(uintptr_t)c->pwd;
	*password_len = strlen(c->pwd);
	return true;
}

enum ice_check
ice_check_read(const uint8_t *data, size_t len, const char *ufrag,
    const char *pwd)
{
	static const uint16_t known[] = {
		STUN_ATTRIBUTE_USERNAME, STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
		STUN_ATTRIBUTE_PRIORITY, STUN_ATTRIBUTE_USE_CANDIDATE, 0
	};
	struct credentials c = { ufrag, pwd };
	StunAgent agent;
	StunMessage m;

	stun_agent_init(&agent, known, STUN_COMPATIBILITY_RFC5389,
	    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS |
	    STUN_AGENT_USAGE_USE_FINGERPRINT);
	if (stun_agent_validate(&agent, &m, data, len, give_password, &c) !=
	    STUN_VALIDATION_SUCCESS ||
	    stun_message_get_class(&m) != STUN_REQUEST ||
	    stun_message_get_method(&m) != STUN_BINDING)
		return ICE_CHECK_NONE;
	return stun_message_has_attribute(&m, STUN_ATTRIBUTE_USE_CANDIDATE) ?
	    ICE_CHECK_NOMINATES : ICE_CHECK_PLAIN;
}
