#ifndef LULL_IPC_OP_H
#define LULL_IPC_OP_H

/* What the broker asks of a worker. */
enum ipc_op {
	IPC_HELLO,	/* who we are; the camera and the settings */
	IPC_PING,	/* answered with all that the worker has */
	IPC_OFFER,	/* a viewer: SDP offer in, SDP answer out */
	IPC_SERVE,	/* a viewer by RTSP: where its socket is to be handed */
	IPC_CANDIDATE,	/* a viewer's trickled ICE candidate */
	IPC_RESTART,	/* a viewer's ICE begins anew: credentials or a whole
			   offer in, the same out; nothing out if it has
			   those credentials already */
	IPC_PAUSE,	/* acknowledged: not one RTP packet from here on */
	IPC_RESUME,
	IPC_CLOSE,
	IPC_ANNOUNCE,	/* hello's `announced` has changed */
	IPC_STATS,	/* counters and what the viewers report */
	IPC_PICTURE,	/* what the camera shows, as a JPEG */
	IPC_N_OPS
};

const char	*ipc_op_name(enum ipc_op);

#endif
