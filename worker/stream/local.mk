libworker_a_SOURCES += \
	worker/stream/stream.c worker/stream/stream.h \
	worker/stream/lanes.c worker/stream/lanes.h \
	worker/stream/lane.c worker/stream/lane.h \
	worker/stream/picture_maker.c worker/stream/picture_maker.h \
	worker/stream/video_coder.c worker/stream/video_coder.h \
	worker/stream/timeline.c worker/stream/timeline.h \
	worker/stream/tempo.c worker/stream/tempo.h \
	worker/stream/audio_clock.c worker/stream/audio_clock.h \
	worker/stream/sound_coder.c worker/stream/sound_coder.h \
	worker/stream/rtsp_out.c worker/stream/rtsp_out.h \
	worker/stream/fanout.c worker/stream/fanout.h

unit_tests += \
	tests/unit/worker/stream/test_stream \
	tests/unit/worker/stream/test_stream_media \
	tests/unit/worker/stream/test_lane \
	tests/unit/worker/stream/test_video_coder \
	tests/unit/worker/stream/test_picture_maker \
	tests/unit/worker/stream/test_lanes_quality \
	tests/unit/worker/stream/test_rtsp_out \
	tests/unit/worker/stream/test_timeline \
	tests/unit/worker/stream/test_timeline_clock \
	tests/unit/worker/stream/test_tempo \
	tests/unit/worker/stream/test_audio_clock \
	tests/unit/worker/stream/test_sound_coder \
	tests/unit/worker/stream/test_fanout \
	tests/unit/worker/stream/test_fanout_pace

EXTRA_DIST += \
	tests/unit/worker/stream/fake_timers.h \
	tests/unit/worker/stream/streams.h \
	tests/unit/worker/stream/timelines.h \
	tests/unit/worker/stream/two_sources.h \
	tests/unit/worker/stream/views.h
