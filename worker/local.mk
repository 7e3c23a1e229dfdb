noinst_LIBRARIES += libworker.a
libworker_a_SOURCES = \
	worker/uplink.c worker/uplink.h
include worker/rtsp/local.mk
include worker/camera/local.mk
include worker/helper/local.mk
include worker/stream/local.mk
include worker/serve/local.mk
include worker/media/local.mk
include worker/viewer/local.mk
include worker/transport/local.mk
libworker_a_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS) $(JANSSON_CFLAGS) \
	$(NICE_CFLAGS) $(GNUTLS_CFLAGS) $(NETTLE_CFLAGS) $(SRTP_CFLAGS)
worker_libs = libworker.a libcommon.a $(NICE_LIBS) $(GNUTLS_LIBS) \
	$(NETTLE_LIBS) $(SRTP_LIBS) $(NNG_LIBS) $(EVENT_LIBS) \
	$(JANSSON_LIBS) -lpthread -lm

pkglibexec_PROGRAMS += lull-worker
lull_worker_SOURCES = worker/main.c
lull_worker_CFLAGS = $(libworker_a_CFLAGS)
lull_worker_LDADD = $(worker_libs)

unit_tests += \
	tests/unit/worker/test_uplink \
	tests/unit/worker/test_uplink_sessions

EXTRA_DIST += \
	tests/unit/worker/h264_samples.h tests/unit/worker/h264_writer.h \
	tests/unit/worker/h265_writer.h \
	tests/unit/worker/fake_clock.h tests/unit/worker/fake_helper.h \
	tests/unit/worker/fake_stream.h \
	tests/unit/worker/rtp_units.h tests/unit/worker/srtp_oracle.h \
	tests/unit/worker/uplinks.h
