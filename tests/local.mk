# tests/unit/FOLDER/test_MODULE.c is a program that tests the module of that
# name in FOLDER, whose local.mk lists it.
if HAVE_CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif

# A worker without media, beside the programs that start it: workers.h.
check_PROGRAMS += tests/unit/broker/fake_worker
# The worker's own fan-out and stream, without a network.
tests_unit_worker_stream_test_fanout_SOURCES = \
	tests/unit/worker/stream/test_fanout.c \
	bench/null_transport.c \
	bench/offer.c
tests_unit_worker_stream_test_fanout_pace_SOURCES = \
	tests/unit/worker/stream/test_fanout_pace.c \
	bench/null_transport.c \
	bench/offer.c
tests_unit_worker_viewer_test_peer_SOURCES = \
	tests/unit/worker/viewer/test_peer.c \
	bench/null_transport.c \
	bench/offer.c
tests_unit_worker_viewer_test_peer_rtcp_SOURCES = \
	tests/unit/worker/viewer/test_peer_rtcp.c \
	bench/null_transport.c \
	bench/offer.c
tests_unit_worker_stream_test_stream_SOURCES = \
	tests/unit/worker/stream/test_stream.c \
	bench/null_transport.c \
	bench/offer.c
tests_unit_worker_stream_test_stream_media_SOURCES = \
	tests/unit/worker/stream/test_stream_media.c \
	bench/null_transport.c \
	bench/offer.c
tests_unit_worker_stream_test_lane_SOURCES = \
	tests/unit/worker/stream/test_lane.c \
	bench/null_transport.c \
	bench/offer.c
tests_unit_worker_stream_test_lanes_quality_SOURCES = \
	tests/unit/worker/stream/test_lanes_quality.c \
	bench/null_transport.c \
	bench/offer.c
# A worker's end, and what a camera sends, by real encoders.
coded_sources = \
	tests/unit/media/coded.c tests/unit/media/coded.h \
	tests/unit/media/worker_end.c tests/unit/media/worker_end.h
tests_unit_media_test_decoder_SOURCES = \
	tests/unit/media/test_decoder.c $(coded_sources)
tests_unit_media_test_picture_job_SOURCES = \
	tests/unit/media/test_picture_job.c $(coded_sources)
tests_unit_media_test_video_job_SOURCES = \
	tests/unit/media/test_video_job.c $(coded_sources)
tests_unit_media_test_video_job_late_SOURCES = \
	tests/unit/media/test_video_job_late.c $(coded_sources)
tests_unit_media_test_jobs_sandboxed_SOURCES = \
	tests/unit/media/test_jobs_sandboxed.c $(coded_sources)
tests_unit_media_test_video_slot_SOURCES = \
	tests/unit/media/test_video_slot.c $(coded_sources)
tests_unit_media_test_mutations_SOURCES = \
	tests/unit/media/test_mutations.c $(coded_sources)
# The fuzzers' targets, without the fuzzer.
tests_unit_worker_transport_test_stun_mutations_SOURCES = \
	tests/unit/worker/transport/test_stun_mutations.c \
	tests/fuzz/fuzz_stun.c tests/fuzz/fuzz.h
tests_unit_worker_rtsp_test_camera_sdp_mutations_SOURCES = \
	tests/unit/worker/rtsp/test_camera_sdp_mutations.c \
	tests/fuzz/fuzz_camera_sdp.c tests/fuzz/fuzz.h
tests_unit_worker_rtsp_test_rtp_track_mutations_SOURCES = \
	tests/unit/worker/rtsp/test_rtp_track_mutations.c \
	tests/fuzz/fuzz_rtp_track.c tests/fuzz/fuzz.h
EXTRA_DIST += tests/unit/fuzz_inputs.h
tests_unit_worker_rtsp_test_rtsp_mutations_SOURCES = \
	tests/unit/worker/rtsp/test_rtsp_mutations.c \
	tests/fuzz/fuzz_rtsp.c tests/fuzz/fuzz.h
tests_unit_broker_port_test_rtsp_first_mutations_SOURCES = \
	tests/unit/broker/port/test_rtsp_first_mutations.c \
	tests/fuzz/fuzz_rtsp_first.c tests/fuzz/fuzz.h
tests_unit_worker_serve_test_rtsp_serve_mutations_SOURCES = \
	tests/unit/worker/serve/test_rtsp_serve_mutations.c \
	tests/fuzz/fuzz_rtsp_serve.c tests/fuzz/fuzz.h
tests_unit_worker_rtsp_test_h264_depay_mutations_SOURCES = \
	tests/unit/worker/rtsp/test_h264_depay_mutations.c \
	tests/fuzz/fuzz_h264_depay.c tests/fuzz/fuzz.h
tests_unit_worker_rtsp_test_sound_depay_mutations_SOURCES = \
	tests/unit/worker/rtsp/test_sound_depay_mutations.c \
	tests/fuzz/fuzz_sound_depay.c tests/fuzz/fuzz.h
tests_unit_worker_rtsp_test_h265_depay_mutations_SOURCES = \
	tests/unit/worker/rtsp/test_h265_depay_mutations.c \
	tests/fuzz/fuzz_h265_depay.c tests/fuzz/fuzz.h
tests_unit_worker_rtsp_test_jpeg_depay_mutations_SOURCES = \
	tests/unit/worker/rtsp/test_jpeg_depay_mutations.c \
	tests/fuzz/fuzz_jpeg_depay.c tests/fuzz/fuzz.h
EXTRA_DIST += tests/fuzz/run tests/fuzz/corpus
EXTRA_DIST += tests/fixtures tests/unit/fixture.h tests/unit/lowest_free.h
EXTRA_DIST += start scripts .ci/run tests/e2e \
	tests/package.json tests/package-lock.json tests/.npmrc \
	tests/requirements.txt

# The object itself is linked in: nothing asks the library for it.
check_LIBRARIES = tests/unit/libends.a
tests_unit_libends_a_SOURCES = tests/unit/ends.c
ends = tests/unit/ends.$(OBJEXT)

# What a program gets that names no libraries of its own: the unit tests.
LDADD = $(ends) libctl.a libbroker.a libmedia.a $(worker_libs) $(CMOCKA_LIBS) \
	$(WSLAY_LIBS) $(YAML_LIBS) $(CURL_LIBS) $(NETTLE_LIBS) $(AV_LIBS) \
	$(SECCOMP_LIBS)
# GLib's own allocator would hide leaks from the sanitizer.
AM_TESTS_ENVIRONMENT = LULL_SRCDIR='$(abs_top_srcdir)'; export LULL_SRCDIR; \
	G_SLICE=always-malloc; export G_SLICE; \
	LSAN_OPTIONS='suppressions=$(abs_top_srcdir)/tests/lsan.supp'; \
	export LSAN_OPTIONS;
EXTRA_DIST += tests/lsan.supp tests/lint tests/lint_rules.sh tests/lint.known \
	tests/mutate
EXTRA_DIST += tests/analyse tests/cppcheck.known tests/gcc_analyzer.known

# Not in EXTRA_DIST: make would take ./check for its own target `check`.
dist-hook:
	cp -p $(srcdir)/check $(distdir)/
