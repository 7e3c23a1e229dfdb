# Tables for people, of the lines of JSON that the benchmark's programs
# write: one flat object each.

function get(key,    rest) {
	if (!match($0, "\"" key "\":[^,}]*"))
		return ""
	rest = substr($0, RSTART, RLENGTH)
	sub(/^[^:]*:/, "", rest)
	gsub(/"/, "", rest)
	return rest
}

function show(value, digits) {
	return value == "" ? "-" : sprintf("%." digits "f", value)
}

function spread(key, digits) {
	if (get(key) == "")
		return "-"
	return show(get(key), digits) " (" show(get(key "_min"), digits) \
	    "-" show(get(key "_max"), digits) ")"
}

function percentiles(key, digits) {
	if (get(key "_p50") == "")
		return "-"
	return show(get(key "_p50"), digits) " / " show(get(key "_p95"), \
	    digits) " / " show(get(key "_max"), digits)
}

/"control":/ {
	extra[++n_extra] = sprintf("control, %s: a pause took %s / %s ms " \
	    "(p50 / p99)%s", get("control") == "nobody" ? "no lists" : \
	    get("pollers") " read " get("control"), \
	    show(get("pause_ms_p50"), 1), show(get("pause_ms_p99"), 1), \
	    get("list_ms_p50") == "" ? "" : sprintf(", a list %s / %s ms " \
	    "(p50 / p95), %d of them a second", show(get("list_ms_p50"), 0), \
	    show(get("list_ms_p95"), 0), get("lists_s")))
	next
}

/"micro":/ {
	micro[++n_micro] = sprintf("%-34s %10s", get("micro"), \
	    show(get("ns"), 0))
	next
}

{
	name = get("name")
	cost[++n] = sprintf("%-18s %9s %8s %21s %23s %9s %5s %6s", name, \
	    get("connected") "/" get("viewers"), \
	    show(get("frames_s_p50"), 1), spread("cpu_us_packet", 2), \
	    spread("cpu_us_s", 0), show(get("rss_kb_viewer"), 0), get("lost"), \
	    show(get("others_cores"), 1))
	time[n] = sprintf("%-18s %22s %22s %22s %22s", name, \
	    percentiles("connected_ms", 0), percentiles("packet_ms", 0), \
	    percentiles("picture_ms", 0), percentiles("gap_ms", 0))
	if (name ~ /^crowd/)
		extra[++n_extra] = sprintf("%s: since the first packet of " \
		    "each, %d were lost, and %d viewers had a gap above " \
		    "100 ms", name, get("lost_ever"), get("gapped"))
	if (get("refused") > 0)
		extra[++n_extra] = sprintf("%s: %d of %d refused, after %s " \
		    "ms (p50 / p95 / max)", name, get("refused"), \
		    get("viewers"), percentiles("refused_ms", 1))
	if (name == "camera")
		camera_us = get("cpu_us_s")
	if (name == "paused")
		extra[++n_extra] = sprintf("paused: %.1f us of CPU per " \
		    "viewer and second besides the camera's; %d packets to " \
		    "them", (get("cpu_us_s") - camera_us) / get("paused"), \
		    get("paused_packets"))
	if (get("resumes") != "")
		extra[++n_extra] = sprintf("%s: %d resumes, %d without a " \
		    "picture; ms from the POST, p50 / p95 / max:\n" \
		    "  its answer %s\n  first packet %s\n  whole key frame " \
		    "%s\n  behind live after 2 s %s", name, get("resumes"), \
		    get("resumes_failed"), \
		    percentiles("resume_answer_ms", 1), \
		    percentiles("resume_packet_ms", 1), \
		    percentiles("resume_picture_ms", 1), \
		    percentiles("resume_behind_ms", 1))
	if (get("first_error") != "" && get("refused") == 0)
		extra[++n_extra] = name ": first error: " get("first_error")
	us[name] = get("cpu_us_packet")
}

END {
	if (n_micro > 0)
		printf "%-34s %10s\n", "micro", "ns"
	for (i = 1; i <= n_micro; i++)
		print micro[i]
	if (n > 0)
		printf "\n%-18s %9s %8s %21s %23s %9s %5s %6s\n", "", \
		    "viewers", "frames/s", "CPU us/packet", "CPU us/s", \
		    "KB/viewer", "lost", "others"
	for (i = 1; i <= n; i++)
		print cost[i]
	if (us["live-300"] > 0 && us["live-1000"] > 0)
		printf "a packet at 1000 viewers costs %.2f times one at " \
		    "300\n", us["live-1000"] / us["live-300"]
	if (us["live-300"] > 0 && us["live-300-private"] > 0)
		printf "a packet on one port costs %.2f times one on private " \
		    "ports\n", us["live-300"] / us["live-300-private"]
	if (n > 0)
		printf "\n%-18s %22s %22s %22s %22s\n", "ms since POST", \
		    "connected p50/p95/max", "first packet", \
		    "whole key frame", "longest gap"
	for (i = 1; i <= n; i++)
		print time[i]
	if (n_extra > 0)
		print ""
	for (i = 1; i <= n_extra; i++)
		print extra[i]
}
