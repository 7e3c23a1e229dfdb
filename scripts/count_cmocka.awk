# "PASSED FAILED" test cases of the logs that `make check` leaves. A program
# that broke off, or failed though its cases passed (a leak at exit), has
# one failed case more.
# Arguments: NAME.log NAME.trs, again and again.

FNR == 1 && FILENAME ~ /\.log$/ {
	ok = total = 0
}
FILENAME ~ /\.log$/ && /^\[ +OK \]/ {
	ok++
}
FILENAME ~ /\.log$/ && /^\[=+\] .*test\(s\) run\.$/ {
	for (i = 2; i <= NF; i++)
		if ($i == "test(s)")
			total += $(i - 1)
}
FILENAME ~ /\.trs$/ && /^:test-result:/ {
	bad = total - ok
	if ($2 != "PASS" && bad <= 0)
		bad = 1
	passed += ok
	if (bad > 0)
		failed += bad
}
END {
	print passed + 0, failed + 0
}
