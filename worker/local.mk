noinst_LIBRARIES += libworker.a
libworker_a_SOURCES = \
	worker/uplink.c worker/uplink.h \
	worker/stream.c worker/stream.h \
	worker/media.c worker/media.h \
	worker/source.c worker/source.h \
	worker/retry.c worker/retry.h \
	worker/reader.c worker/reader.h \
	worker/libav_log.c worker/libav_log.h \
	worker/rtsp_reason.c worker/rtsp_reason.h \
	worker/demo.c worker/demo.h \
	worker/duplicate.c worker/duplicate.h \
	worker/assembly.c worker/assembly.h \
	worker/intake.c worker/intake.h \
	worker/feed.c worker/feed.h \
	worker/timeline.c worker/timeline.h \
	worker/tempo.c worker/tempo.h \
	worker/audio_clock.c worker/audio_clock.h \
	worker/video.c worker/video.h \
	worker/h264.c worker/h264_codec.c worker/h264.h \
	worker/packetise.c worker/packetise.h \
	worker/rtp.c worker/rtp.h \
	worker/gop.c worker/gop.h \
	worker/fanout.c worker/fanout.h \
	worker/sender.c worker/sender.h \
	worker/squeeze.c worker/squeeze.h \
	worker/show.c worker/show.h \
	worker/twcc.c worker/twcc.h \
	worker/link.c worker/link.h \
	worker/history.c worker/history.h \
	worker/peer.c worker/peer.h \
	worker/sdp.c worker/sdp_answer.c worker/sdp.h \
	worker/fmtp.c worker/fmtp.h \
	worker/transport.h \
	worker/ice.c worker/ice.h \
	worker/ice_addresses.c worker/ice_addresses.h \
	worker/ice_candidate.c worker/ice_candidate.h \
	worker/ice_path.c worker/ice_path.h \
	worker/ice_check.c worker/ice_check.h \
	worker/ice_port.c worker/ice_port.h \
	worker/udp.c worker/udp.h \
	worker/stun.c worker/stun.h \
	worker/dtls.c worker/dtls.h \
	worker/srtp.c worker/srtp.h \
	worker/srtcp_gcm.c worker/srtcp_library.c worker/srtcp.h \
	worker/srtp_kdf.c worker/srtp_cm.c worker/srtp_gcm.c \
	worker/srtp_sealer.h \
	worker/srtp_profile.c worker/srtp_profile.h \
	worker/rtcp.c worker/rtcp.h
libworker_a_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/worker
libworker_a_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS) $(JANSSON_CFLAGS) \
	$(NICE_CFLAGS) $(GNUTLS_CFLAGS) $(NETTLE_CFLAGS) $(SRTP_CFLAGS) \
	$(AV_CFLAGS)
worker_libs = libworker.a libcommon.a $(NICE_LIBS) $(GNUTLS_LIBS) \
	$(NETTLE_LIBS) $(SRTP_LIBS) $(AV_LIBS) $(NNG_LIBS) $(EVENT_LIBS) \
	$(JANSSON_LIBS) -lpthread -lm

pkglibexec_PROGRAMS += lull-worker
lull_worker_SOURCES = worker/main.c
lull_worker_CPPFLAGS = $(libworker_a_CPPFLAGS)
lull_worker_CFLAGS = $(libworker_a_CFLAGS)
lull_worker_LDADD = $(worker_libs)
