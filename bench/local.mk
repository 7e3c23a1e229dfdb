# Not built by `make`, not installed, no part of `make check`: see bench/run.
bench_programs = bench/swarm bench/control bench/clip bench/micro \
	bench/micro_srtp
EXTRA_PROGRAMS = $(bench_programs)
CLEANFILES = $(bench_programs)
EXTRA_DIST += bench/run bench/table.awk bench/README.md bench/chromium.mjs

.PHONY: bench
bench: $(bench_programs)

bench_cflags = $(AM_CFLAGS) $(EVENT_CFLAGS) $(JANSSON_CFLAGS) \
	$(GNUTLS_CFLAGS) $(NETTLE_CFLAGS) $(SRTP_CFLAGS) $(AV_CFLAGS)

bench_swarm_SOURCES = \
	bench/swarm.c \
	bench/options.c bench/options.h \
	bench/whep.c bench/whep.h \
	bench/offer.c bench/offer.h \
	bench/viewer.c bench/viewer.h \
	bench/receive.c bench/receive.h \
	bench/binding.c bench/binding.h \
	bench/crypt.c bench/crypt.h \
	bench/track.c bench/track.h \
	bench/resume.c bench/resume.h \
	bench/process.c bench/process.h \
	bench/tally.c bench/tally.h \
	bench/result.c bench/result.h
bench_swarm_CFLAGS = $(bench_cflags)
bench_swarm_LDADD = $(worker_libs)

bench_control_SOURCES = bench/control.c bench/tally.c bench/tally.h
bench_control_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CURL_CFLAGS)
bench_control_LDADD = libcommon.a $(CURL_LIBS) $(JANSSON_LIBS) -lpthread -lm

bench_clip_SOURCES = bench/clip.c
bench_clip_CFLAGS = $(bench_cflags)
bench_clip_LDADD = $(AV_LIBS)

bench_micro_SOURCES = \
	bench/micro.c \
	bench/null_transport.c bench/null_transport.h \
	bench/offer.c bench/offer.h
bench_micro_CFLAGS = $(bench_cflags)
bench_micro_LDADD = $(worker_libs)

bench_micro_srtp_SOURCES = bench/micro_srtp.c
bench_micro_srtp_CFLAGS = $(bench_cflags)
bench_micro_srtp_LDADD = $(worker_libs)
