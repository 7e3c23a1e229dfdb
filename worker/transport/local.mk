libworker_a_SOURCES += \
	worker/transport/transport.h \
	worker/transport/ice.c worker/transport/ice.h \
	worker/transport/ice_config.h \
	worker/transport/ice_agent.c worker/transport/ice_agent.h \
	worker/transport/ice_flows.c worker/transport/ice_flows.h \
	worker/transport/ice_host.c worker/transport/ice_host.h \
	worker/transport/media_port.c worker/transport/media_port.h \
	worker/transport/flow.c worker/transport/flow.h \
	worker/transport/framing.c worker/transport/framing.h \
	worker/transport/ice_filter.c worker/transport/ice_filter.h \
	worker/transport/ice_addresses.c worker/transport/ice_addresses.h \
	worker/transport/ice_candidate.c worker/transport/ice_candidate.h \
	worker/transport/ice_path.c worker/transport/ice_path.h \
	worker/transport/ice_check.c worker/transport/ice_check.h \
	worker/transport/ice_port.c worker/transport/ice_port.h \
	worker/transport/udp.c worker/transport/udp.h \
	worker/transport/stun.c worker/transport/stun.h \
	worker/transport/dtls.c worker/transport/dtls.h \
	worker/transport/srtp.c worker/transport/srtp.h \
	worker/transport/srtp_profile.c worker/transport/srtp_profile.h \
	worker/transport/srtp_kdf.c worker/transport/srtp_cm.c \
	worker/transport/srtp_gcm.c \
	worker/transport/srtp_sealer.h \
	worker/transport/srtcp_gcm.c worker/transport/srtcp_library.c \
	worker/transport/srtcp.h

unit_tests += \
	tests/unit/worker/transport/test_ice \
	tests/unit/worker/transport/test_ice_gathering \
	tests/unit/worker/transport/test_ice_free \
	tests/unit/worker/transport/test_ice_relay \
	tests/unit/worker/transport/test_ice_moves \
	tests/unit/worker/transport/test_ice_one_port \
	tests/unit/worker/transport/test_ice_both \
	tests/unit/worker/transport/test_ice_flows \
	tests/unit/worker/transport/test_ice_host \
	tests/unit/worker/transport/test_media_port \
	tests/unit/worker/transport/test_flow \
	tests/unit/worker/transport/test_framing \
	tests/unit/worker/transport/test_ice_restart \
	tests/unit/worker/transport/test_ice_filter \
	tests/unit/worker/transport/test_ice_addresses \
	tests/unit/worker/transport/test_ice_candidate \
	tests/unit/worker/transport/test_ice_path \
	tests/unit/worker/transport/test_ice_port \
	tests/unit/worker/transport/test_ice_check \
	tests/unit/worker/transport/test_ice_check_answer \
	tests/unit/worker/transport/test_stun_mutations \
	tests/unit/worker/transport/test_udp \
	tests/unit/worker/transport/test_stun \
	tests/unit/worker/transport/test_dtls \
	tests/unit/worker/transport/test_dtls_life \
	tests/unit/worker/transport/test_srtp \
	tests/unit/worker/transport/test_srtp_seal \
	tests/unit/worker/transport/test_srtp_profile \
	tests/unit/worker/transport/test_srtp_sealer \
	tests/unit/worker/transport/test_srtcp

EXTRA_DIST += \
	tests/unit/worker/transport/dtls_ends.h \
	tests/unit/worker/transport/flow_pairs.h \
	tests/unit/worker/transport/ice_ends.h \
	tests/unit/worker/transport/one_port.h \
	tests/unit/worker/transport/stun_messages.h \
	tests/unit/worker/transport/stun_seal.h
