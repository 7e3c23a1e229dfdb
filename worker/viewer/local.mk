libworker_a_SOURCES += \
	worker/viewer/peer.c worker/viewer/peer.h \
	worker/viewer/viewer.c worker/viewer/viewer.h \
	worker/viewer/show.c worker/viewer/show.h \
	worker/viewer/sender.c worker/viewer/sender.h \
	worker/viewer/history.c worker/viewer/history.h \
	worker/viewer/squeeze.c worker/viewer/squeeze.h \
	worker/viewer/link.c worker/viewer/link.h \
	worker/viewer/quality.c worker/viewer/quality.h \
	worker/viewer/twcc.c worker/viewer/twcc.h \
	worker/viewer/rtcp.c worker/viewer/rtcp.h \
	worker/viewer/sdp.c worker/viewer/sdp.h \
	worker/viewer/sdp_answer.c worker/viewer/sdp_answer.h \
	worker/viewer/sdp_restart.c worker/viewer/sdp_restart.h

unit_tests += \
	tests/unit/worker/viewer/test_peer \
	tests/unit/worker/viewer/test_peer_rtcp \
	tests/unit/worker/viewer/test_show \
	tests/unit/worker/viewer/test_show_link \
	tests/unit/worker/viewer/test_show_queue \
	tests/unit/worker/viewer/test_sender \
	tests/unit/worker/viewer/test_sender_feedback \
	tests/unit/worker/viewer/test_history \
	tests/unit/worker/viewer/test_squeeze \
	tests/unit/worker/viewer/test_link \
	tests/unit/worker/viewer/test_link_queue \
	tests/unit/worker/viewer/test_quality \
	tests/unit/worker/viewer/test_twcc \
	tests/unit/worker/viewer/test_rtcp \
	tests/unit/worker/viewer/test_sdp \
	tests/unit/worker/viewer/test_sdp_answer \
	tests/unit/worker/viewer/test_sdp_answer_feedback \
	tests/unit/worker/viewer/test_sdp_restart

EXTRA_DIST += \
	tests/unit/worker/viewer/sdp_offers.h tests/unit/worker/viewer/shown.h \
	tests/unit/worker/viewer/peers.h tests/unit/worker/viewer/sent.h \
	tests/unit/worker/viewer/rtp_header.h \
	tests/unit/worker/viewer/sdp_answers.h
