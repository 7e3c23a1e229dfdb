# tests/unit/test_MODULE.c is a program that tests the module of that name.
# A new one goes into this list.
unit_tests = \
	tests/unit/test_udp \
	tests/unit/test_gop \
	tests/unit/test_history \
	tests/unit/test_squeeze \
	tests/unit/test_link \
	tests/unit/test_twcc \
	tests/unit/test_sender \
	tests/unit/test_worker_show \
	tests/unit/test_peer \
	tests/unit/test_fanout \
	tests/unit/test_stream \
	tests/unit/test_bytes \
	tests/unit/test_process \
	tests/unit/test_log \
	tests/unit/test_id \
	tests/unit/test_json \
	tests/unit/test_table \
	tests/unit/test_base64 \
	tests/unit/test_viewer \
	tests/unit/test_stun \
	tests/unit/test_ipc \
	tests/unit/test_ports \
	tests/unit/test_gather \
	tests/unit/test_camera \
	tests/unit/test_session \
	tests/unit/test_session_book \
	tests/unit/test_chan \
	tests/unit/test_downlink \
	tests/unit/test_busy \
	tests/unit/test_supervise \
	tests/unit/test_broker_stream \
	tests/unit/test_registry \
	tests/unit/test_api_sessions \
	tests/unit/test_api_ws \
	tests/unit/test_listing \
	tests/unit/test_listen \
	tests/unit/test_uplink \
	tests/unit/test_yaml \
	tests/unit/test_config \
	tests/unit/test_rundir \
	tests/unit/test_reach \
	tests/unit/test_http_params \
	tests/unit/test_http \
	tests/unit/test_host \
	tests/unit/test_route \
	tests/unit/test_pages \
	tests/unit/test_websocket \
	tests/unit/test_websocket_ping \
	tests/unit/test_command \
	tests/unit/test_show \
	tests/unit/test_camera_url \
	tests/unit/test_source \
	tests/unit/test_retry \
	tests/unit/test_duplicate \
	tests/unit/test_rtsp_reason \
	tests/unit/test_assembly \
	tests/unit/test_intake \
	tests/unit/test_feed \
	tests/unit/test_h264 \
	tests/unit/test_video \
	tests/unit/test_fmtp \
	tests/unit/test_ice \
	tests/unit/test_ice_candidate \
	tests/unit/test_ice_check \
	tests/unit/test_ice_path \
	tests/unit/test_ice_addresses \
	tests/unit/test_ice_gathering \
	tests/unit/test_ice_free \
	tests/unit/test_ice_moves \
	tests/unit/test_dtls \
	tests/unit/test_srtp \
	tests/unit/test_srtp_profile \
	tests/unit/test_srtp_seal \
	tests/unit/test_srtcp \
	tests/unit/test_srtp_sealer \
	tests/unit/test_packetise \
	tests/unit/test_media \
	tests/unit/test_rtp \
	tests/unit/test_sdp \
	tests/unit/test_timeline \
	tests/unit/test_tempo \
	tests/unit/test_audio_clock \
	tests/unit/test_rtcp \
	tests/unit/test_sdp_answer

if HAVE_CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif

# A worker without media, beside the programs that start it: workers.h.
check_PROGRAMS += tests/unit/fake_worker
# The worker's own fan-out and stream, without a network.
tests_unit_test_fanout_SOURCES = tests/unit/test_fanout.c \
	bench/null_transport.c bench/offer.c
tests_unit_test_peer_SOURCES = tests/unit/test_peer.c \
	bench/null_transport.c bench/offer.c
tests_unit_test_stream_SOURCES = tests/unit/test_stream.c \
	bench/null_transport.c bench/offer.c
EXTRA_DIST += tests/unit/workers.h tests/unit/http_server.h
EXTRA_DIST += tests/unit/log_lines.h
EXTRA_DIST += tests/unit/h264_writer.h tests/unit/sdp_offers.h
EXTRA_DIST += tests/unit/ice_ends.h tests/unit/views.h
EXTRA_DIST += tests/unit/stun_messages.h tests/unit/fake_clock.h
EXTRA_DIST += tests/unit/rtp_header.h tests/unit/fake_http.h
EXTRA_DIST += tests/fixtures tests/unit/fixture.h tests/unit/rtp_units.h \
	tests/unit/raw_client.h tests/unit/srtp_oracle.h tests/unit/ws_client.h
EXTRA_DIST += start scripts .ci/run tests/e2e \
	tests/package.json tests/package-lock.json tests/.npmrc

# The object itself is linked in: nothing asks the library for it.
check_LIBRARIES = tests/unit/libends.a
tests_unit_libends_a_SOURCES = tests/unit/ends.c
ends = tests/unit/ends.$(OBJEXT)

# What a program gets that names no libraries of its own: the unit tests.
LDADD = $(ends) libctl.a libbroker.a $(worker_libs) $(CMOCKA_LIBS) \
	$(WSLAY_LIBS) \
	$(YAML_LIBS) $(CURL_LIBS) $(NETTLE_LIBS)
# GLib's own allocator would hide leaks from the sanitizer.
AM_TESTS_ENVIRONMENT = LULL_SRCDIR='$(abs_top_srcdir)'; export LULL_SRCDIR; \
	G_SLICE=always-malloc; export G_SLICE; \
	LSAN_OPTIONS='suppressions=$(abs_top_srcdir)/tests/lsan.supp'; \
	export LSAN_OPTIONS;
EXTRA_DIST += tests/lsan.supp tests/lint tests/lint_rules.sh tests/lint.known
EXTRA_DIST += tests/analyse tests/cppcheck.known tests/gcc_analyzer.known

# Not in EXTRA_DIST: make would take ./check for its own target `check`.
dist-hook:
	cp -p $(srcdir)/check $(distdir)/
