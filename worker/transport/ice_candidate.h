#ifndef LULL_ICE_CANDIDATE_H
#define LULL_ICE_CANDIDATE_H

/* A peer's candidate line (RFC 8839, section 5.1) is checked before libnice
 * sees it, by a pure function. */
enum ice_use {
	ICE_CANDIDATE_BAD = -1,		/* does not parse */
	ICE_CANDIDATE_IGNORE,		/* .local, TCP, multicast, … */
	ICE_CANDIDATE_USE,
};

/* The text begins with "candidate:", and not with "a=". */
enum ice_use	ice_candidate_check(const char *text);

#endif
