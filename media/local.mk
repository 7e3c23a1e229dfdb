noinst_LIBRARIES += libmedia.a
libmedia_a_SOURCES = \
	media/job.c media/job.h \
	media/read_job.c media/read_job.h \
	media/reader.c media/reader.h \
	media/input.c media/input.h \
	media/command.c media/command.h \
	media/file_clock.c media/file_clock.h \
	media/demo.c media/demo.h \
	media/sound_job.c media/sound_job.h \
	media/sound_clock.c media/sound_clock.h \
	media/decoder.c media/decoder.h \
	media/picture_size.c media/picture_size.h \
	media/scaler.c media/scaler.h \
	media/jpeg.c media/jpeg.h \
	media/picture_job.c media/picture_job.h \
	media/backlog.c media/backlog.h \
	media/h264_encoder.c media/h264_encoder.h \
	media/video_job.c media/video_job.h \
	media/video_slot.c media/video_slot.h \
	media/sandbox.c media/sandbox.h \
	media/landlock.c media/landlock.h \
	media/libav_log.c media/libav_log.h
libmedia_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(AV_CFLAGS) \
	$(SECCOMP_CFLAGS)
media_libs = libmedia.a libcommon.a $(AV_LIBS) $(JANSSON_LIBS) \
	$(NETTLE_LIBS) $(SECCOMP_LIBS) -lpthread -lm

pkglibexec_PROGRAMS += lull-media
lull_media_SOURCES = media/main.c
lull_media_CFLAGS = $(libmedia_a_CFLAGS)
lull_media_LDADD = $(media_libs)

unit_tests += \
	tests/unit/media/test_job \
	tests/unit/media/test_reader \
	tests/unit/media/test_reader_live \
	tests/unit/media/test_command \
	tests/unit/media/test_file_clock \
	tests/unit/media/test_demo \
	tests/unit/media/test_sound_job \
	tests/unit/media/test_sound_job_hostile \
	tests/unit/media/test_sound_clock \
	tests/unit/media/test_decoder \
	tests/unit/media/test_picture_size \
	tests/unit/media/test_scaler \
	tests/unit/media/test_picture_job \
	tests/unit/media/test_backlog \
	tests/unit/media/test_video_job \
	tests/unit/media/test_video_job_late \
	tests/unit/media/test_video_slot \
	tests/unit/media/test_sandbox \
	tests/unit/media/test_jobs_sandboxed \
	tests/unit/media/test_mutations \
	tests/unit/media/test_libav_log

EXTRA_DIST += \
	tests/unit/media/jobs.h tests/unit/media/sounds.h \
	tests/unit/media/heard.h tests/unit/media/http_server.h
