#include "result.h"

#include <jansson.h>

static void
set_int(json_t *o, const char *name, uint64_t value)
{
	json_object_set_new(o, name, json_integer((json_int_t)value));
}

static const char *
profile_name(enum srtp_profile p)
{
	switch (p) {
	case SRTP_AES128_CM_SHA1_80:
		return "AES128_CM_SHA1_80";
	case SRTP_AEAD_AES_128_GCM:
		return "AEAD_AES_128_GCM";
	case SRTP_AEAD_AES_256_GCM:
		return "AEAD_AES_256_GCM";
	case SRTP_NONE:
		break;
	}
	return "none";
}

static void
write_run(json_t *o, const struct result *r, const struct options *opt)
{
	json_object_set_new(o, "name", json_string(opt->name));
	set_int(o, "viewers", (uint64_t)opt->viewers);
	set_int(o, "paused", (uint64_t)opt->paused);
	set_int(o, "connected", (uint64_t)r->connected);
	set_int(o, "failed", (uint64_t)r->failed);
	set_int(o, "refused", (uint64_t)r->refused);
	if (viewer_first_error()[0] != '\0')
		json_object_set_new(o, "first_error",
		    json_string(viewer_first_error()));
	json_object_set_new(o, "profile",
	    json_string(profile_name(r->profile)));
	json_object_set_new(o, "gro", json_boolean(!opt->no_gro));
	json_object_set_new(o, "reports", json_boolean(!opt->no_reports));
	tally_write_number(o, "arrivals_s", opt->rate);
}

static void
write_delivery(json_t *o, struct result *r)
{
	tally_write_number(o, "seconds", r->window_s);
	set_int(o, "packets", r->packets);
	if (r->window_s > 0)
		tally_write_number(o, "megabits_s",
		    (double)r->bytes * 8 / 1e6 / r->window_s);
	set_int(o, "paused_packets", r->paused_packets);
	set_int(o, "lost", r->lost);
	set_int(o, "lost_ever", r->lost_ever);
	set_int(o, "gapped", (uint64_t)r->gapped);
	tally_write(&r->gap_ms, o, "gap_ms");
	set_int(o, "own_drops", r->drops);
	set_int(o, "forged", r->forged);
	if (r->packets_s.n == 0)
		return;
	tally_write_number(o, "packets_s_min",
	    tally_percentile(&r->packets_s, 0));
	tally_write_number(o, "packets_s_p50",
	    tally_percentile(&r->packets_s, 50));
	tally_write_number(o, "frames_s_min",
	    tally_percentile(&r->frames_s, 0));
	tally_write_number(o, "frames_s_p50",
	    tally_percentile(&r->frames_s, 50));
}

static void
write_spread(json_t *o, struct tally *t, const char *min, const char *median,
    const char *max)
{
	if (t->n == 0)
		return;
	tally_write_number(o, min, tally_percentile(t, 0));
	tally_write_number(o, median, tally_median(t));
	tally_write_number(o, max, tally_percentile(t, 100));
}

static void
write_cost(json_t *o, struct result *r, const struct options *opt)
{
	write_spread(o, &r->own_packet_us, "own_us_packet_min",
	    "own_us_packet", "own_us_packet_max");
	if (opt->pid == 0 || r->window_s <= 0)
		return;
	write_spread(o, &r->cpu_us, "cpu_us_s_min", "cpu_us_s",
	    "cpu_us_s_max");
	write_spread(o, &r->cpu_packet_us, "cpu_us_packet_min",
	    "cpu_us_packet", "cpu_us_packet_max");
	tally_write_number(o, "others_cores", r->others_us / 1e6 /
	    r->window_s);
	if (r->user_us + r->system_us > 0)
		tally_write_number(o, "cpu_user_share", r->user_us /
		    (r->user_us + r->system_us));
	if (opt->paused > 0 && opt->paused == opt->viewers)
		tally_write_number(o, "cpu_us_s_paused_viewer",
		    tally_median(&r->cpu_us) / opt->paused);
	tally_write_number(o, "rss_kb", r->rss_after_kb);
	if (r->connected > 0)
		tally_write_number(o, "rss_kb_viewer", (r->rss_after_kb -
		    r->rss_before_kb) / r->connected);
}

static void
write_resume(json_t *o, struct resume *resume)
{
	struct resume_result *r;

	if (resume == NULL)
		return;
	r = resume_result(resume);
	set_int(o, "resumes", r->picture_ms.n);
	set_int(o, "resumes_failed", (uint64_t)r->failed);
	tally_write(&r->answer_ms, o, "resume_answer_ms");
	tally_write(&r->packet_ms, o, "resume_packet_ms");
	tally_write(&r->picture_ms, o, "resume_picture_ms");
	tally_write(&r->behind_ms, o, "resume_behind_ms");
}

/* One to a line, for people. */
static void
print_list(const json_t *o, FILE *f)
{
	const char *key;
	const json_t *value;

	json_object_foreach((json_t *)(uintptr_t)o, key, value) {
		char *text = json_dumps(value, JSON_ENCODE_ANY |
		    JSON_REAL_PRECISION(9));

		fprintf(f, "%-26s %s\n", key, text != NULL ? text : "");
		free(text);
	}
}

void
result_write(struct result *r, const struct options *opt, FILE *f)
{
	json_t *o = json_object();

	write_run(o, r, opt);
	write_delivery(o, r);
	write_cost(o, r, opt);
	tally_write(&r->answer_ms, o, "answer_ms");
	tally_write(&r->refused_ms, o, "refused_ms");
	tally_write(&r->connected_ms, o, "connected_ms");
	tally_write(&r->packet_ms, o, "packet_ms");
	tally_write(&r->picture_ms, o, "picture_ms");
	write_resume(o, r->resume);
	if (opt->json) {
		json_dumpf(o, f, JSON_COMPACT | JSON_REAL_PRECISION(9));
		fputc('\n', f);
	} else {
		print_list(o, f);
	}
	json_decref(o);
}
