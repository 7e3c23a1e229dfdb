noinst_LIBRARIES += libmedia.a
libmedia_a_SOURCES = \
	media/job.c media/job.h
libmedia_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(AV_CFLAGS)
media_libs = libmedia.a libcommon.a $(AV_LIBS) $(JANSSON_LIBS) \
	$(NETTLE_LIBS) -lpthread -lm

unit_tests += \
	tests/unit/media/test_job
