libworker_a_SOURCES += \
	worker/media/media.c worker/media/media.h \
	worker/media/sound.c worker/media/sound.h \
	worker/media/video.c worker/media/video.h \
	worker/media/nal.c worker/media/nal.h \
	worker/media/rbsp.c worker/media/rbsp.h \
	worker/media/param_sets.c worker/media/param_sets.h \
	worker/media/h264.c worker/media/h264.h worker/media/h264_codec.c \
	worker/media/h264_cleaner.c worker/media/h264_cleaner.h \
	worker/media/h265.c worker/media/h265.h worker/media/h265_codec.c \
	worker/media/h265_cleaner.c worker/media/h265_cleaner.h \
	worker/media/fmtp.c worker/media/fmtp.h \
	worker/media/packetise.c worker/media/packetise.h \
	worker/media/rtp.c worker/media/rtp.h \
	worker/media/gop.c worker/media/gop.h

unit_tests += \
	tests/unit/worker/media/test_media \
	tests/unit/worker/media/test_sound \
	tests/unit/worker/media/test_video \
	tests/unit/worker/media/test_fmtp \
	tests/unit/worker/media/test_nal \
	tests/unit/worker/media/test_rbsp \
	tests/unit/worker/media/test_param_sets \
	tests/unit/worker/media/test_h264 \
	tests/unit/worker/media/test_h264_cleaner \
	tests/unit/worker/media/test_h264_codec \
	tests/unit/worker/media/test_h265 \
	tests/unit/worker/media/test_h265_cleaner \
	tests/unit/worker/media/test_h265_codec \
	tests/unit/worker/media/test_packetise \
	tests/unit/worker/media/test_packetise_h265 \
	tests/unit/worker/media/test_rtp \
	tests/unit/worker/media/test_gop
