libworker_a_SOURCES += \
	worker/rtsp/rtsp_reason.c worker/rtsp/rtsp_reason.h \
	worker/rtsp/rtsp_client.c worker/rtsp/rtsp_client.h \
	worker/rtsp/rtsp_answer.c worker/rtsp/rtsp_answer.h \
	worker/rtsp/rtsp_url.c worker/rtsp/rtsp_url.h \
	worker/rtsp/rtsp_link.c worker/rtsp/rtsp_link.h \
	worker/rtsp/rtsp_tunnel.c worker/rtsp/rtsp_tunnel.h \
	worker/rtsp/rtsp_conn.c worker/rtsp/rtsp_conn.h \
	worker/rtsp/resolve.c worker/rtsp/resolve.h \
	worker/rtsp/rtsp_tls.c worker/rtsp/rtsp_tls.h \
	worker/rtsp/rtsp_message.c worker/rtsp/rtsp_message.h \
	worker/rtsp/rtsp_challenge.c worker/rtsp/rtsp_challenge.h \
	worker/rtsp/rtsp_auth.c worker/rtsp/rtsp_auth.h \
	worker/rtsp/digest.c worker/rtsp/digest.h \
	worker/rtsp/camera_sdp.c worker/rtsp/camera_sdp.h \
	worker/rtsp/camera_media.c worker/rtsp/camera_media.h \
	worker/rtsp/camera_sound.c worker/rtsp/camera_sound.h \
	worker/rtsp/rtsp_udp.c worker/rtsp/rtsp_udp.h \
	worker/rtsp/rtp_track.c worker/rtsp/rtp_track.h \
	worker/rtsp/camera_clock.c worker/rtsp/camera_clock.h \
	worker/rtsp/sound_depay.c worker/rtsp/sound_depay.h \
	worker/rtsp/sound_frame.h \
	worker/rtsp/aac_depay.c worker/rtsp/aac_depay.h \
	worker/rtsp/latm_depay.c worker/rtsp/latm_depay.h \
	worker/rtsp/aac_config.c worker/rtsp/aac_config.h \
	worker/rtsp/bit_reader.h \
	worker/rtsp/mpa_depay.c worker/rtsp/mpa_depay.h \
	worker/rtsp/video_depay.c worker/rtsp/video_depay.h \
	worker/rtsp/depay.c worker/rtsp/depay.h \
	worker/rtsp/jpeg_depay.c worker/rtsp/jpeg_depay.h \
	worker/rtsp/h264_depay.c worker/rtsp/h264_depay.h \
	worker/rtsp/h265_depay.c worker/rtsp/h265_depay.h \
	worker/rtsp/assembly.c worker/rtsp/assembly.h

unit_tests += \
	tests/unit/worker/rtsp/test_assembly \
	tests/unit/worker/rtsp/test_assembly_marker \
	tests/unit/worker/rtsp/test_h264_depay \
	tests/unit/worker/rtsp/test_jpeg_depay \
	tests/unit/worker/rtsp/test_jpeg_depay_mutations \
	tests/unit/worker/rtsp/test_sound_recordings \
	tests/unit/worker/rtsp/test_sound_depay \
	tests/unit/worker/rtsp/test_sound_depay_mutations \
	tests/unit/worker/rtsp/test_camera_sound \
	tests/unit/worker/rtsp/test_aac_depay \
	tests/unit/worker/rtsp/test_aac_config \
	tests/unit/worker/rtsp/test_latm_depay \
	tests/unit/worker/rtsp/test_mpa_depay \
	tests/unit/worker/rtsp/test_h264_depay_mutations \
	tests/unit/worker/rtsp/test_h265_depay \
	tests/unit/worker/rtsp/test_h265_depay_mutations \
	tests/unit/worker/rtsp/test_depay \
	tests/unit/worker/rtsp/test_video_depay \
	tests/unit/worker/rtsp/test_rtsp_url \
	tests/unit/worker/rtsp/test_resolve \
	tests/unit/worker/rtsp/test_rtsp_reason \
	tests/unit/worker/rtsp/test_camera_media \
	tests/unit/worker/rtsp/test_rtsp_client \
	tests/unit/worker/rtsp/test_rtsp_client_session \
	tests/unit/worker/rtsp/test_rtsp_answer \
	tests/unit/worker/rtsp/test_rtsp_tunnel \
	tests/unit/worker/rtsp/test_rtsp_conn \
	tests/unit/worker/rtsp/test_rtsp_conn_tls \
	tests/unit/worker/rtsp/test_rtsp_tls \
	tests/unit/worker/rtsp/test_rtsp_udp \
	tests/unit/worker/rtsp/test_rtsp_message \
	tests/unit/worker/rtsp/test_rtsp_message_junk \
	tests/unit/worker/rtsp/test_rtsp_message_text \
	tests/unit/worker/rtsp/test_rtsp_challenge \
	tests/unit/worker/rtsp/test_rtsp_auth \
	tests/unit/worker/rtsp/test_rtsp_mutations \
	tests/unit/worker/rtsp/test_digest \
	tests/unit/worker/rtsp/test_camera_sdp \
	tests/unit/worker/rtsp/test_camera_sdp_values \
	tests/unit/worker/rtsp/test_camera_sdp_mutations \
	tests/unit/worker/rtsp/test_rtp_track \
	tests/unit/worker/rtsp/test_rtp_track_rtcp \
	tests/unit/worker/rtsp/test_rtp_track_mutations \
	tests/unit/worker/rtsp/test_camera_clock

EXTRA_DIST += \
	tests/unit/worker/rtsp/assemblies.h \
	tests/unit/worker/rtsp/clients.h \
	tests/unit/worker/rtsp/descriptors.h \
	tests/unit/worker/rtsp/identity.h \
	tests/unit/worker/rtsp/latm_writer.h \
	tests/unit/worker/rtsp/names.h \
	tests/unit/worker/rtsp/fake_camera.h \
	tests/unit/worker/rtsp/rtsp_feeds.h \
	tests/unit/worker/rtsp/sounds.h \
	tests/unit/worker/rtsp/rtp_camera.h
